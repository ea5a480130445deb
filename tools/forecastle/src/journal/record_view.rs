//! A record in words: its command and effects as JSON.

use forecastle_persister::Record;
use forecastle_proto_spec::{FieldValue, Frame, describe};
use serde_json::{Map, Value, json};

/// One effect with its position.
#[derive(Clone, Copy, Debug)]
pub struct Effect<'a> {
    /// Position of its first byte: the ExecID.
    pub position: u64,
    /// The message.
    pub frame: Frame<'a>,
}

/// The effects of a record in order.
pub fn effects<'a>(record: &Record<'a>) -> impl Iterator<Item = Effect<'a>> + Clone + use<'a> {
    let mut rest = record.effects();
    let mut position = record.end() - rest.len() as u64;
    std::iter::from_fn(move || {
        let (frame, behind) = Frame::parse(rest).ok()?;
        let effect = Effect { position, frame };
        position += frame.bytes.len() as u64;
        rest = behind;
        Some(effect)
    })
}

/// A message as an object: `message` and its fields.
#[must_use]
pub fn message_json(frame: &Frame<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    let name = describe(frame, &mut |name, value| {
        fields.insert(name.to_string(), text(name, value).unwrap_or_else(|| field_json(value)));
    });
    let mut object = Map::new();
    object.insert("message".to_string(), name.unwrap_or("unknown").into());
    object.append(&mut fields);
    object
}

/// A record as one object.
#[must_use]
pub fn record_json(record: &Record<'_>) -> Value {
    let header = record.header();
    let command = match Frame::parse(record.command()) {
        Ok((frame, _)) => Value::Object(message_json(&frame)),
        Err(_) => json!({ "message": "malformed", "bytes": hex(record.command()) }),
    };
    let effects: Vec<_> = effects(record)
        .map(|effect| {
            let mut object = message_json(&effect.frame);
            object.insert("position".to_string(), effect.position.into());
            Value::Object(object)
        })
        .collect();
    json!({
        "position": record.position,
        "end": record.end(),
        "session": header.session_id.get(),
        "sequencing_time_ns": header.sequencing_time_ns.get(),
        "state_digest": format!("{:016x}", header.state_digest.get()),
        "command": command,
        "effects": effects,
    })
}

/// The value of a field of `frame`, when it has one of that name and it is a number.
#[must_use]
pub fn number(frame: &Frame<'_>, wanted: &str) -> Option<u64> {
    let mut found = None;
    describe(frame, &mut |name, value| {
        if name == wanted
            && let FieldValue::Unsigned(number) = value
        {
            found = Some(number);
        }
    });
    found
}

/// A name of the catalogue as people read it; `None` of every other field, and of bytes that are no
/// name.
fn text(field: &str, value: FieldValue<'_>) -> Option<Value> {
    let FieldValue::Bytes(bytes) = value else { return None };
    let text = std::str::from_utf8(bytes).ok().filter(|_| field == "name")?;
    let name = text.trim_end_matches('\0');
    (!name.contains(char::is_control)).then(|| name.into())
}

fn field_json(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Unsigned(number) => number.into(),
        FieldValue::Signed(number) => number.into(),
        FieldValue::Bytes(bytes) => hex(bytes).into(),
        FieldValue::Words(words) => words.iter().map(|word| word.get()).collect(),
        FieldValue::Group(group) => (0..group.count())
            .map(|index| {
                let mut entry = Map::new();
                group.for_each_field(index, &mut |name, value| {
                    entry.insert(name.to_string(), field_json(value));
                });
                Value::Object(entry)
            })
            .collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{CategoryDefinitionRequest, Message as _, encode};
    use zerocopy::FromZeros as _;

    use super::*;

    #[test]
    fn a_name_is_text_where_it_is_one_and_else_its_bytes() {
        for (name, expected) in [
            ("Fußball".as_bytes(), "Fußball".to_string()),
            (&[0xFF, 0x41], format!("ff41{}", "00".repeat(62))),
            (&[0x41, 0, 0x42], format!("410042{}", "00".repeat(61))),
        ] {
            let mut request = CategoryDefinitionRequest::new_zeroed();
            request.name[..name.len()].copy_from_slice(name);
            let mut bytes = [0; CategoryDefinitionRequest::ENCODED_LENGTH];
            encode(&request, &mut bytes).unwrap();
            let (frame, _) = Frame::parse(&bytes).unwrap();
            assert_eq!(message_json(&frame)["name"], expected);
        }
    }
}
