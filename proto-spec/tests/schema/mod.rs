//! The schema as it stands in the XML, read for comparison only.

use roxmltree::{Document, Node};
use serde_json::Value;

/// A whole schema file.
pub struct Schema {
    pub id: u64,
    pub version: u64,
    /// Name, offset and width of each part of the message header.
    pub header: Vec<(String, usize, usize)>,
    pub messages: Vec<MessageElement>,
    pub enumerations: Vec<Numbers>,
    pub sets: Vec<Numbers>,
    /// Name, number and description of each reject code.
    pub reject_codes: Vec<(String, u64, String)>,
}

/// A message of the schema.
pub struct MessageElement {
    pub name: String,
    pub id: u64,
    pub block_length: usize,
    pub section: String,
    pub fields: Vec<Field>,
    pub group: Option<GroupElement>,
}

/// A repeating group of a message.
pub struct GroupElement {
    pub name: String,
    pub id: usize,
    pub block_length: usize,
    /// Fewest and most entries.
    pub counts: (u64, u64),
    pub fields: Vec<Field>,
}

/// A field of a message.
pub struct Field {
    pub name: String,
    pub id: usize,
    pub offset: usize,
    /// Its type as the page of messages calls it.
    pub label: String,
    /// Bytes of one element.
    pub width: usize,
    /// Elements of an array, `None` for a scalar.
    pub count: Option<usize>,
    pub is_signed: bool,
}

/// An enumeration or a set: its names and numbers, in the order of the file.
pub struct Numbers {
    pub name: String,
    pub width: usize,
    pub values: Vec<(String, u64)>,
}

impl Schema {
    /// # Panics
    /// The XML lacks what every schema has.
    pub fn parse(xml: &str) -> Self {
        let document = Document::parse(xml).expect("the schema is XML");
        let root = document.root_element();
        let types = children(root, "types").next().expect("a schema has types");
        let messages = children(root, "message").map(|node| MessageElement {
            name: text(node, "name"),
            id: number(node, "id"),
            block_length: size(node, "blockLength"),
            section: text(node, "semanticType"),
            fields: Field::read_all(node, types),
            group: children(node, "group").next().map(|group| GroupElement::read(group, types)),
        });
        let mut reject_codes = Vec::new();
        let code_list = children(types, "enum").find(|node| text(*node, "name") == "RejectCode");
        for value in children(code_list.expect("a schema has reject codes"), "validValue") {
            reject_codes.push((text(value, "name"), content(value), text(value, "description")));
        }
        Self {
            id: number(root, "id"),
            version: number(root, "version"),
            header: header(types),
            messages: messages.collect(),
            enumerations: numbers(types, "enum", "validValue"),
            sets: numbers(types, "set", "choice"),
            reject_codes,
        }
    }
}

impl GroupElement {
    fn read(node: Node<'_, '_>, types: Node<'_, '_>) -> Self {
        let dimension = text(node, "dimensionType");
        let mut composites = children(types, "composite");
        let composite = composites.find(|each| text(*each, "name") == dimension);
        let parts: Vec<_> = children(composite.expect("a group has a dimension"), "type").collect();
        let parts: [Node<'_, '_>; 2] = parts.try_into().expect("a length and a count");
        assert_eq!(parts.map(|part| text(part, "name")), ["blockLength", "numInGroup"]);
        assert_eq!(parts.map(|part| text(part, "primitiveType")), ["uint16", "uint16"]);
        Self {
            name: text(node, "name"),
            id: size(node, "id"),
            block_length: size(node, "blockLength"),
            counts: (number(parts[1], "minValue"), number(parts[1], "maxValue")),
            fields: Field::read_all(node, types),
        }
    }
}

impl Field {
    fn read_all(node: Node<'_, '_>, types: Node<'_, '_>) -> Vec<Self> {
        children(node, "field").map(|field| Self::read(field, types)).collect()
    }

    fn read(node: Node<'_, '_>, types: Node<'_, '_>) -> Self {
        let type_name = text(node, "type");
        let named = types.children().find(|node| node.attribute("name") == Some(&type_name));
        let (primitive, count) = match named {
            None => (type_name.clone(), None),
            Some(array) if array.has_tag_name("type") => {
                (text(array, "primitiveType"), Some(size(array, "length")))
            }
            Some(coded) => (text(coded, "encodingType"), None),
        };
        let label = count.map(|count| format!("{primitive}[{count}]"));
        Self {
            name: text(node, "name"),
            id: size(node, "id"),
            offset: size(node, "offset"),
            label: label.unwrap_or(type_name),
            width: width(&primitive),
            count,
            is_signed: primitive.starts_with("int"),
        }
    }

    /// Offset behind its last byte.
    pub fn end(&self) -> usize {
        self.offset + self.width * self.count.unwrap_or(1)
    }

    /// What it reads when every one of its bits is set, or none.
    pub fn filled_with(&self, ones: bool) -> Value {
        let element = match (ones, self.is_signed) {
            (false, _) => Value::from(0),
            (true, true) => Value::from(-1),
            (true, false) => Value::from(u64::MAX >> (64 - 8 * self.width)),
        };
        match self.count {
            None => element,
            Some(count) if self.width == 1 => {
                Value::from(if ones { "ff" } else { "00" }.repeat(count))
            }
            Some(count) => Value::from(vec![element; count]),
        }
    }
}

fn header(types: Node<'_, '_>) -> Vec<(String, usize, usize)> {
    let composite = children(types, "composite").find(|it| text(*it, "name") == "messageHeader");
    let composite = composite.expect("a schema has a message header");
    let mut offset = 0;
    let parts = children(composite, "type").map(|part| {
        let width = width(&text(part, "primitiveType"));
        offset += width;
        (text(part, "name"), offset - width, width)
    });
    parts.collect()
}

fn numbers(types: Node<'_, '_>, tag: &str, value_tag: &str) -> Vec<Numbers> {
    let nodes = children(types, tag).map(|node| Numbers {
        name: text(node, "name"),
        width: width(&text(node, "encodingType")),
        values: children(node, value_tag)
            .map(|value| (text(value, "name"), content(value)))
            .collect(),
    });
    nodes.collect()
}

fn children<'a, 'input>(
    node: Node<'a, 'input>,
    tag: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.tag_name().name() == tag)
}

fn text(node: Node<'_, '_>, attribute: &str) -> String {
    let value = node.attribute(attribute);
    value.unwrap_or_else(|| panic!("{attribute} is missing in {node:?}")).to_owned()
}

fn number(node: Node<'_, '_>, attribute: &str) -> u64 {
    text(node, attribute).parse().expect("the attribute is a number")
}

fn size(node: Node<'_, '_>, attribute: &str) -> usize {
    text(node, attribute).parse().expect("the attribute is a number")
}

fn content(node: Node<'_, '_>) -> u64 {
    node.text().expect("a value has a number").parse().expect("the value is a number")
}

fn width(primitive: &str) -> usize {
    match primitive {
        "uint8" | "int8" => 1,
        "uint16" | "int16" => 2,
        "uint32" | "int32" => 4,
        "uint64" | "int64" => 8,
        other => panic!("{other} is no primitive of this schema"),
    }
}
