//! Rust structs, enumerations and the layout table.

use std::fmt::Write as _;

use super::schema::{Enumeration, Field, Group, Message, Schema, width};

/// Name and unformatted text of every generated Rust file, relative to the crate.
pub fn files(schema: &Schema) -> Vec<(String, String)> {
    let mut sections: Vec<&str> = Vec::new();
    for message in &schema.messages {
        if !sections.contains(&message.section.as_str()) {
            sections.push(&message.section);
        }
    }
    let mut files = vec![
        ("src/generated.rs".to_string(), root(schema, &sections)),
        ("src/generated/domain.rs".to_string(), domains(schema)),
        ("src/generated/layout.rs".to_string(), layout_root(schema, &sections)),
    ];
    for each in &schema.enums {
        let mut text = banner(&format!("Values of the enumeration `{}`.", each.name));
        text.push_str("use crate::message::UnknownValue;\n");
        enumeration(&mut text, each);
        files.push((format!("src/generated/domain/{}.rs", snake_case(&each.name)), text));
    }
    for section in sections {
        let messages = schema.messages.iter().filter(|each| each.section == section);
        let mut text = banner(&format!("Messages of the section `{section}`."));
        text.push_str(
            "use zerocopy::little_endian::{I64, U16, U32, U64};\n\
             use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};\n\n",
        );
        if messages.clone().any(|message| message.group.is_some()) {
            text.push_str("use crate::group::{GroupEntry, GroupLayout, GroupedMessage};\n");
        }
        text.push_str("use crate::message::{FieldValue, Message};\n");
        let body: String = messages.map(structure).collect();
        let text = drop_unused(&text, &body) + &body;
        files.push((format!("src/generated/{section}.rs"), text));
        files.push((format!("src/generated/layout/{section}.rs"), layouts(schema, section)));
    }
    files
}

fn banner(contract: &str) -> String {
    format!("//! {contract}\n//!\n//! Generated from the schema by `cargo xtask codegen`.\n\n")
}

fn drop_unused(imports: &str, body: &str) -> String {
    let used: Vec<&str> =
        ["I64", "U16", "U32", "U64"].into_iter().filter(|each| body.contains(each)).collect();
    imports.replace("{I64, U16, U32, U64}", &format!("{{{}}}", used.join(", ")))
}

fn root(schema: &Schema, sections: &[&str]) -> String {
    let mut text = banner("The schema as Rust: one module for each section.");
    for module in ["domain", "layout"].iter().chain(sections) {
        let _ = writeln!(text, "mod {module};");
    }
    text.push_str("\npub use domain::*;\npub use layout::{LAYOUTS, block_length, group_layout};\n");
    for section in sections {
        let _ = writeln!(text, "pub use {section}::*;");
    }
    let _ = write!(
        text,
        "\n/// Schema id in every message header.\npub const SCHEMA_ID: u16 = {};\n\
         /// Schema version in every message header.\npub const SCHEMA_VERSION: u16 = {};\n",
        schema.id, schema.version
    );
    text
}

fn structure(message: &Message) -> String {
    let (name, fields) = (&message.name, &message.fields);
    let mut text = String::new();
    block(&mut text, &message.description, (name, message.block_length), fields);
    let _ = write!(
        text,
        "\n\nimpl Message for {name} {{\nconst TEMPLATE_ID: u16 = {};\n\
         const NAME: &'static str = \"{name}\";\n",
        message.id
    );
    if message.group.is_some() {
        text.push_str(
            "const GROUP: Option<GroupLayout> = Some(<Self as GroupedMessage>::ENTRIES);\n",
        );
    }
    visitor(&mut text, fields);
    if let Some(group) = &message.group {
        entries(&mut text, name, group);
    }
    text
}

/// The struct of one block.
fn block(text: &mut String, description: &str, (name, length): (&str, usize), fields: &[Field]) {
    let _ = write!(
        text,
        "\n/// {description}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, \
         KnownLayout, Immutable, Unaligned)]\n#[repr(C)]\npub struct {name} {{\n"
    );
    let mut end = 0;
    for field in fields {
        gap(text, end, field.offset);
        let _ = write!(text, "/// {}\npub {}: {},\n", field.description, field.name, rust(field));
        end = field.offset + field.width() * field.count;
    }
    gap(text, end, length);
    text.push('}');
}

/// The method that visits all fields, and the end of its impl.
fn visitor(text: &mut String, fields: &[Field]) {
    text.push_str(
        "\nfn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {\n",
    );
    for field in fields {
        let _ = writeln!(text, "visit(\"{0}\", {1});", field.name, value(field));
    }
    text.push_str("}\n}\n");
}

/// The struct of the entries of a message's group, and what ties the two.
fn entries(text: &mut String, message: &str, group: &Group) {
    let entry = format!("{message}Entry");
    let description = format!("One of the `{}` of a [`{message}`].", group.name);
    block(text, &description, (&entry, group.block_length), &group.fields);
    let _ = write!(text, "\n\nimpl GroupEntry for {entry} {{");
    visitor(text, &group.fields);
    let (count_min, count_max) = group.counts;
    let _ = write!(
        text,
        "\nimpl GroupedMessage for {message} {{\ntype Entry = {entry};\n\n\
         const ENTRIES: GroupLayout = GroupLayout {{ name: \"{}\", \
         block_length: size_of::<{entry}>(), count_min: {count_min}, count_max: {count_max}, \
         fields: &[",
        group.name
    );
    for field in &group.fields {
        let _ = write!(text, "(\"{0}\", std::mem::offset_of!({entry}, {0})),", field.name);
    }
    let _ = write!(
        text,
        "], for_each_field: |bytes, visit| {{\nif let Ok(entry) = \
         {entry}::ref_from_bytes(bytes) {{\nentry.for_each_field(visit);\n}}\n}},\n}};\n}}\n"
    );
}

fn gap(text: &mut String, from: usize, to: usize) {
    if to > from {
        let length = to - from;
        let _ = write!(
            text,
            "/// Not used; zero when sent, not read when received.\n\
             pub reserved_{from}: [u8; {length}],\n"
        );
    }
}

fn scalar(primitive: &str) -> &'static str {
    match (primitive, width(primitive)) {
        ("int64", _) => "I64",
        (_, 1) => "u8",
        (_, 2) => "U16",
        (_, 4) => "U32",
        _ => "U64",
    }
}

fn rust(field: &Field) -> String {
    let scalar = scalar(&field.primitive);
    if field.is_array { format!("[{scalar}; {}]", field.count) } else { scalar.to_string() }
}

fn value(field: &Field) -> String {
    let name = &field.name;
    match (field.is_array, field.primitive.as_str()) {
        (true, "uint8") => format!("FieldValue::Bytes(&self.{name})"),
        (true, _) => format!("FieldValue::Words(&self.{name})"),
        (_, "int64") => format!("FieldValue::Signed(self.{name}.get())"),
        (_, "uint8") => format!("FieldValue::Unsigned(u64::from(self.{name}))"),
        (_, "uint64") => format!("FieldValue::Unsigned(self.{name}.get())"),
        _ => format!("FieldValue::Unsigned(u64::from(self.{name}.get()))"),
    }
}

fn domains(schema: &Schema) -> String {
    let mut text =
        banner("Bit sets of the schema, and its enumerations, each in a file of its own.");
    for each in &schema.enums {
        let _ = writeln!(text, "mod {};", snake_case(&each.name));
    }
    text.push('\n');
    for each in &schema.enums {
        let _ = writeln!(text, "pub use {}::{};", snake_case(&each.name), each.name);
    }
    for set in &schema.sets {
        let encoding = if set.encoding == "uint8" { "u8" } else { "u16" };
        for (name, bit, description) in &set.values {
            let constant = snake_case(&format!("{}{}", set.name, name)).to_ascii_uppercase();
            let _ = write!(
                text,
                "\n/// {} {description}\npub const {constant}: {encoding} = 1 << {bit};\n",
                set.description
            );
        }
    }
    text
}

fn enumeration(text: &mut String, each: &Enumeration) {
    let encoding = if each.encoding == "uint8" { "u8" } else { "u16" };
    let name = &each.name;
    let _ = write!(
        text,
        "\n/// {}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         #[repr({encoding})]\npub enum {name} {{\n",
        each.description
    );
    for (value_name, value, description) in &each.values {
        let description = description.replace(" Remedy: ", "\n///\n/// Remedy: ");
        let _ = write!(text, "/// {description}\n{value_name} = {value},\n");
    }
    let _ = write!(
        text,
        "}}\n\nimpl {name} {{\n/// Every value, in numerical order.\n\
         pub const ALL: [Self; {}] = [",
        each.values.len()
    );
    for (value_name, _, _) in &each.values {
        let _ = write!(text, "Self::{value_name},");
    }
    // A function may have as many lines as a page holds.
    let allowance = if each.values.len() > 60 {
        "#[allow(clippy::too_many_lines, reason = \"one line for each value\")]\n"
    } else {
        ""
    };
    let _ = write!(
        text,
        "];\n}}\n\nimpl TryFrom<{encoding}> for {name} {{\ntype Error = UnknownValue;\n\n\
         #[inline]\n{allowance}fn try_from(value: {encoding}) -> Result<Self, UnknownValue> {{\n\
         match value {{\n"
    );
    for (value_name, value, _) in &each.values {
        let _ = writeln!(text, "{value} => Ok(Self::{value_name}),");
    }
    text.push_str("_ => Err(UnknownValue),\n}\n}\n}\n");
    let _ = write!(
        text,
        "\nimpl From<{name}> for {encoding} {{\n#[inline]\nfn from(value: {name}) -> Self {{\n\
         value as Self\n}}\n}}\n"
    );
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn layout_root(schema: &Schema, sections: &[&str]) -> String {
    let mut text = banner("Where every field of every struct lies, as the compiler laid it out.");
    for section in sections {
        let _ = writeln!(text, "mod {section};");
    }
    text.push_str(
        "\nuse super::*;\nuse crate::group::GroupLayout;\n\
         use crate::message::{Message, MessageLayout};\n\n\
         /// Body length of a template, `None` when there is no such message.\n#[inline]\n\
         #[allow(clippy::too_many_lines, reason = \"one line for each message\")]\n\
         pub const fn block_length(template_id: u16) -> Option<usize> {\nmatch template_id {\n",
    );
    for message in &schema.messages {
        let _ = writeln!(text, "{} => Some(size_of::<{}>()),", message.id, message.name);
    }
    text.push_str(
        "_ => None,\n}\n}\n\n/// The group that ends a template's message, if there is one.\n#[inline]\n\
         pub const fn group_layout(template_id: u16) -> Option<GroupLayout> {\n\
         match template_id {\n",
    );
    for message in schema.messages.iter().filter(|message| message.group.is_some()) {
        let _ = writeln!(text, "{} => {}::GROUP,", message.id, message.name);
    }
    text.push_str(
        "_ => None,\n}\n}\n\n/// Every message with the name and offset of its fields, by section.\n\
         pub const LAYOUTS: &[&[MessageLayout]] = &[\n",
    );
    for section in sections {
        let _ = writeln!(text, "{section}::LAYOUTS,");
    }
    text.push_str("];\n");
    text
}

fn layouts(schema: &Schema, section: &str) -> String {
    let mut text = banner(&format!("Layouts of the section `{section}`."));
    text.push_str(
        "use std::mem::offset_of;\n\nuse super::super::*;\n\
         use crate::message::{Message, MessageLayout};\n\n\
         pub(super) const LAYOUTS: &[MessageLayout] = &[\n",
    );
    for message in schema.messages.iter().filter(|each| each.section == section) {
        let name = &message.name;
        let _ = write!(
            text,
            "MessageLayout {{ name: {name}::NAME, template_id: {name}::TEMPLATE_ID, \
             block_length: size_of::<{name}>(), fields: &["
        );
        for field in &message.fields {
            let _ = write!(text, "(\"{0}\", offset_of!({name}, {0})),", field.name);
        }
        let _ = writeln!(text, "], group: {name}::GROUP }},");
    }
    text.push_str("];\n");
    text
}
