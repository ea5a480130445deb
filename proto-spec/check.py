#!/usr/bin/env python3
"""Decodes every golden vector and compares it with its JSON.

An example decoder: it knows nothing but schema/forecastle.xml and the standard library.

    python3 check.py                              check all vectors
    python3 check.py --encode vectors/X.json      print the bytes of one JSON, as hex
"""

import hashlib
import hmac
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
PRIMITIVES = {  # name: (bytes, signed)
    "uint8": (1, False), "uint16": (2, False), "uint32": (4, False), "uint64": (8, False),
    "int8": (1, True), "int16": (2, True), "int32": (4, True), "int64": (8, True),
}
BARE = {"RecordHeader"}  # leads a log record without a message header before it


class Field:
    """Where one field lies, how wide it is, and which numbers its type allows."""

    def __init__(self, element, types):
        self.name = element.get("name")
        self.offset = int(element.get("offset"))
        named = types.get(element.get("type"))
        primitive, self.count, self.values, self.mask = element.get("type"), None, None, None
        if named is not None and named.tag == "type":
            primitive, self.count = named.get("primitiveType"), int(named.get("length"))
        elif named is not None:
            primitive = named.get("encodingType")
            numbers = [int(value.text) for value in named]
            if named.tag == "enum":
                self.values = set(numbers)
            else:
                self.mask = sum(1 << bit for bit in numbers)
        self.width, self.signed = PRIMITIVES[primitive]
        self.end = self.offset + self.width * (self.count or 1)

    def decode(self, body):
        part = body[self.offset:self.end]
        if self.count is None:
            return int.from_bytes(part, "little", signed=self.signed)
        if self.width == 1:
            return part.hex()
        return [int.from_bytes(part[at:at + self.width], "little", signed=self.signed)
                for at in range(0, len(part), self.width)]

    def encode(self, value):
        if self.count is not None and self.width == 1:
            return bytes.fromhex(value)
        numbers = [value] if self.count is None else value
        return b"".join(number.to_bytes(self.width, "little", signed=self.signed)
                        for number in numbers)

    def complaint(self, value):
        if self.values is not None and value not in self.values:
            return f"{value} is not a value of its enumeration"
        if self.mask is not None and value & ~self.mask:
            return f"{value} has a bit without a meaning"
        return None


class Block:
    """The fields of a message or of one entry of a group."""

    def __init__(self, element, types):
        self.name, self.block_length = element.get("name"), int(element.get("blockLength"))
        self.fields = [Field(field, types) for field in element if field.tag == "field"]

    def encode(self, values):
        body = bytearray(self.block_length)
        for field in self.fields:
            body[field.offset:field.end] = field.encode(values[field.name])
        return bytes(body)

    def faults_of(self, body, values):
        faults, gaps = [], bytearray(body)
        for field in self.fields:
            gaps[field.offset:field.end] = bytes(field.end - field.offset)
            value = field.decode(body)
            if field.name not in values:
                faults.append((field.name, "missing in the JSON"))
            elif not is_same(values[field.name], value):
                faults.append((field.name, f"bytes say {value}"))
            elif field.complaint(value):
                faults.append((field.name, field.complaint(value)))
        known = {field.name for field in self.fields}
        faults += [(name, "not in the schema") for name in values if name not in known]
        if any(gaps):
            faults.append(("gap", "bytes between the fields are not zero"))
        return faults


class Group(Block):
    """A repeating group: two uint16, the length of an entry and the count; then the entries."""

    def __init__(self, element, types):
        super().__init__(element, types)
        _, count = types[element.get("dimensionType")]
        self.counts = range(int(count.get("minValue")), int(count.get("maxValue")) + 1)

    def encode_all(self, entries):
        head = self.block_length.to_bytes(2, "little") + len(entries).to_bytes(2, "little")
        return head + b"".join(self.encode(entry) for entry in entries)

    def faults_of_all(self, body, entries):
        length, count = (int.from_bytes(body[at:at + 2], "little") for at in (0, 2))
        if length != self.block_length or count not in self.counts:
            return [(self.name, f"{count} entries of {length} bytes")]
        if len(body) != 4 + count * length or not isinstance(entries, list) or len(entries) != count:
            return [(self.name, f"bytes count {count} entries")]
        faults = []
        for index, entry in enumerate(entries):
            start = 4 + index * length
            found = super().faults_of(body[start:start + length], entry)
            faults += [(f"{self.name}[{index}].{name}", what) for name, what in found]
        return faults


class Message(Block):
    def __init__(self, element, types):
        super().__init__(element, types)
        self.template_id = int(element.get("id"))
        groups = [Group(group, types) for group in element if group.tag == "group"]
        self.group = groups[0] if groups else None


class Schema:
    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.id, self.version = int(root.get("id")), int(root.get("version"))
        types = {element.get("name"): element for element in root.find("types")}
        self.header = [part.get("name") for part in types["messageHeader"]]
        messages = [Message(e, types) for e in root if e.tag.endswith("}message")]
        self.messages = {message.name: message for message in messages}

    def header_of(self, message):
        numbers = {"blockLength": message.block_length, "templateId": message.template_id,
                   "schemaId": self.id, "version": self.version}
        return b"".join(numbers[part].to_bytes(2, "little") for part in self.header)

    def encode(self, vector):
        message, values = self.messages[vector["message"]], vector["fields"]
        group = message.group.encode_all(values[message.group.name]) if message.group else b""
        header = b"" if message.name in BARE else self.header_of(message)
        return header + message.encode(values) + group


def is_same(given, value):
    """Equal and of one type: Python alone would take 1.0 and true for 1."""
    return type(given) is type(value) and given == value


def faults_of(schema, raw, vector):
    """Everything in which the bytes and the JSON of one vector disagree: (field, what)."""
    message = schema.messages.get(vector["message"])
    if message is None:
        return [("message", f"{vector['message']} is not in the schema")]
    faults = []
    if vector["template_id"] != message.template_id:
        faults.append(("template_id", f"schema has {message.template_id}"))
    header = b"" if message.name in BARE else schema.header_of(message)
    if raw[:len(header)] != header:
        faults.append(("header", f"expected {header.hex(' ')}"))
    body = raw[len(header):]
    values, rest = dict(vector["fields"]), body[message.block_length:]
    if len(body) < message.block_length or (rest and not message.group):
        return faults + [("length", f"{len(body)} bytes, schema has {message.block_length}")]
    if message.group:
        faults += message.group.faults_of_all(rest, values.pop(message.group.name, None))
    faults += message.faults_of(body[:message.block_length], values)
    if "secret" in vector:
        expected = hmac.new(bytes.fromhex(vector["secret"]), raw[:-32], hashlib.sha256).digest()
        if raw[-32:] != expected:
            faults.append(("hmac", f"expected {expected.hex()}"))
    return faults


def check_all(schema, folder):
    """Checks every pair of files; prints the faults; gives how many passed and failed."""
    passed, failed, seen = 0, 0, set()
    stems = {path.name.rsplit(".", 1)[0] for path in folder.iterdir()}
    for stem in sorted(stems):
        try:
            raw = bytes.fromhex((folder / f"{stem}.hex").read_text(encoding="ascii"))
            vector = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
            faults = faults_of(schema, raw, vector)
            seen.add(vector["message"])
            if stem.split(".")[0] != vector["message"]:
                faults.append(("message", "the file is named after another message"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            faults = [("file", f"{type(error).__name__}: {error}")]
        for field, what in faults:
            print(f"{stem}: {field}: {what}")
        passed, failed = passed + (not faults), failed + bool(faults)
    for name in sorted(set(schema.messages) - seen):
        print(f"{name}: no vector")
        failed += 1
    return passed, failed


def main(arguments):
    schema = Schema(HERE / "schema" / "forecastle.xml")
    if len(arguments) == 2 and arguments[0] == "--encode":
        raw = schema.encode(json.loads(Path(arguments[1]).read_text(encoding="utf-8")))
        print("\n".join(raw[at:at + 8].hex(" ") for at in range(0, len(raw), 8)))
        return 0
    if arguments:
        print(__doc__)
        return 2
    passed, failed = check_all(schema, HERE / "vectors")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
