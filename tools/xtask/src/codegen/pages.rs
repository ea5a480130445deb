//! Reference pages made from the schema.

use std::fmt::Write as _;

use super::schema::{Field, Schema};

const ORIGIN: &str = "<!-- Made from schema/forecastle.xml by `cargo xtask codegen`. -->\n\n";

/// Name and text of every generated page, relative to the crate.
pub fn files(schema: &Schema) -> Vec<(String, String)> {
    vec![("messages.md".to_string(), messages(schema)), ("rejects.md".to_string(), rejects(schema))]
}

fn messages(schema: &Schema) -> String {
    let mut text = format!(
        "# Messages\n\n{ORIGIN}Schema {}, version {}. Little-endian. Every message is led by 8 \
         bytes: block length, template, schema and version, each a uint16. Gaps between fields \
         are zero.\n",
        schema.id, schema.version
    );
    for message in &schema.messages {
        let _ = write!(
            text,
            "\n## {} ({})\n\n{}\n\n{} bytes, section `{}`.\n\n\
             | offset | type | field | meaning |\n|---|---|---|---|\n",
            message.name, message.id, message.description, message.block_length, message.section
        );
        rows(&mut text, &message.fields);
        if let Some(group) = &message.group {
            let (count_min, count_max) = group.counts;
            let _ = write!(
                text,
                "\nGroup `{}`: {} Behind the {} bytes: two uint16, the length of an entry \
                 ({}) and the count of entries ({count_min} to {count_max}); then the entries.\n\n\
                 | offset | type | field of an entry | meaning |\n|---|---|---|---|\n",
                group.name, group.description, message.block_length, group.block_length
            );
            rows(&mut text, &group.fields);
        }
    }
    text.push_str("\n# Values\n");
    for each in schema.enums.iter().chain(&schema.sets) {
        if each.name == "RejectCode" {
            continue;
        }
        let is_set = schema.sets.iter().any(|set| set.name == each.name);
        let column = if is_set { "bit" } else { "value" };
        let _ = write!(
            text,
            "\n## {}\n\n{} Encoded as {}.\n\n| {column} | name | meaning |\n|---|---|---|\n",
            each.name, each.description, each.encoding
        );
        for (name, value, description) in &each.values {
            let _ = writeln!(text, "| {value} | {name} | {description} |");
        }
    }
    text
}

fn rows(text: &mut String, fields: &[Field]) {
    for field in fields {
        let mut kind = field.domain.clone().unwrap_or_else(|| field.primitive.clone());
        if field.is_array {
            let _ = write!(kind, "[{}]", field.count);
        }
        let _ = writeln!(
            text,
            "| {} | {kind} | `{}` | {} |",
            field.offset, field.name, field.description
        );
    }
}

fn rejects(schema: &Schema) -> String {
    let mut text = format!(
        "# Reject codes\n\n{ORIGIN}A code is numbered once, for ever. Where a message earns more \
         than one, the first in the order of checks is given; within one group the checks run in \
         the order of the numbers, save where the specification says otherwise.\n\n\
         | code | name | meaning | what to do |\n|---|---|---|---|\n"
    );
    for each in schema.enums.iter().filter(|each| each.name == "RejectCode") {
        for (name, value, description) in &each.values {
            let (meaning, remedy) =
                description.split_once(" Remedy: ").unwrap_or((description, ""));
            let _ = writeln!(text, "| {value} | {name} | {meaning} | {remedy} |");
        }
    }
    text
}
