//! The schema against the crate: what `schema/forecastle.xml` says is parsed here, by a reader that
//! shares nothing with the one that generates the crate, and compared number by number.

mod catalogue;
mod schema;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::mem::offset_of;

use catalogue::decode;
use forecastle_proto_spec::{self as spec, Frame, LAYOUTS, MessageHeader, block_length};
use schema::{Field, GroupElement, MessageElement, Schema};
use serde_json::Map;

#[test]
fn crate_and_pages_are_what_the_schema_says() {
    assert_eq!(faults(XML), Vec::<String>::new());
}

#[test]
fn a_planted_fault_is_found() {
    for (good, bad, expected) in PLANTED {
        assert_eq!(XML.matches(good).count(), 1, "{good} must name one place of the schema");
        let found = faults(&XML.replace(good, bad));
        assert!(found.iter().any(|fault| fault.contains(expected)), "{bad}: found {found:#?}");
    }
}

/// Everything in which `xml` differs from the crate and its pages, or breaks a rule of the schema.
fn faults(xml: &str) -> Vec<String> {
    let schema = Schema::parse(xml);
    let mut faults = header_faults(&schema);
    faults.extend(catalogue_faults(&schema));
    for message in &schema.messages {
        faults.extend(rule_faults(message));
        faults.extend(layout_faults(message));
        faults.extend(accessor_faults(message));
        faults.extend(message_page_faults(message));
    }
    faults.extend(enumeration_faults(&schema));
    faults.extend(set_faults(&schema));
    faults.extend(reject_page_faults(&schema));
    faults
}

fn header_faults(schema: &Schema) -> Vec<String> {
    let mut faults = Faults::default();
    faults.compare("schema id", schema.id, u64::from(spec::SCHEMA_ID));
    faults.compare("schema version", schema.version, u64::from(spec::SCHEMA_VERSION));
    let header = [
        ("blockLength", offset_of!(MessageHeader, block_length)),
        ("templateId", offset_of!(MessageHeader, template_id)),
        ("schemaId", offset_of!(MessageHeader, schema_id)),
        ("version", offset_of!(MessageHeader, version)),
    ];
    let header = header.map(|(name, offset)| (name.to_owned(), offset, 2));
    faults.compare("message header", schema.header.as_slice(), &header);
    faults.compare("header length", size_of::<MessageHeader>(), spec::MESSAGE_HEADER_LENGTH);
    faults.0
}

/// Both sides have the same messages, each number once.
fn catalogue_faults(schema: &Schema) -> Vec<String> {
    let mut faults = Faults::default();
    let in_schema: Vec<_> = schema.messages.iter().map(|m| (m.id, m.name.clone())).collect();
    let layouts = LAYOUTS.iter().copied().flatten();
    let mut in_crate: Vec<_> =
        layouts.map(|layout| (u64::from(layout.template_id), layout.name.to_owned())).collect();
    let mut sorted = in_schema;
    sorted.sort();
    in_crate.sort();
    faults.compare("messages", &sorted, &in_crate);
    let ids: BTreeSet<_> = sorted.iter().map(|(id, _)| *id).collect();
    let names: BTreeSet<_> = sorted.iter().map(|(_, name)| name).collect();
    faults.compare("each template id once", ids.len(), sorted.len());
    faults.compare("each message name once", names.len(), sorted.len());
    for template_id in 0..=u16::MAX {
        let length = schema.messages.iter().find(|m| m.id == u64::from(template_id));
        let expected = length.map(|message| message.block_length);
        faults.compare(format!("template {template_id}"), expected, block_length(template_id));
    }
    faults.0
}

/// What holds for every message by the rules of the house, whatever the crate does.
fn rule_faults(message: &MessageElement) -> Vec<String> {
    let mut faults = Faults::default();
    let name = &message.name;
    faults
        .require(message.block_length.is_multiple_of(8), || format!("{name}: not a multiple of 8"));
    let is_hot = ["order_entry", "execution"].contains(&message.section.as_str());
    faults.require(!is_hot || message.block_length <= HOT_LENGTH_MAX, || {
        format!("{name}: a hot body of more than {HOT_LENGTH_MAX} bytes")
    });
    faults.0.extend(block_faults(name, message.block_length, &message.fields));
    if let Some(group) = &message.group {
        let place = format!("{name}.{}", group.name);
        faults.compare(format!("{place} id"), group.id, message.fields.len() + 1);
        faults.require(group.block_length.is_multiple_of(8), || {
            format!("{place}: not a multiple of 8")
        });
        faults.0.extend(block_faults(&place, group.block_length, &group.fields));
    }
    faults.0
}

/// What holds for the fields of a block.
fn block_faults(name: &str, block_length: usize, fields: &[Field]) -> Vec<String> {
    let mut faults = Faults::default();
    let mut end = 0;
    for (index, field) in fields.iter().enumerate() {
        let place = format!("{name}.{}", field.name);
        faults.compare(format!("{place} id"), field.id, index + 1);
        faults
            .require(field.offset.is_multiple_of(field.width), || format!("{place}: not aligned"));
        faults.require(field.offset >= end, || format!("{place}: lies in the field before it"));
        end = field.end();
    }
    faults.require(end <= block_length, || format!("{name}: longer than its block"));
    let names: BTreeSet<_> = fields.iter().map(|field| &field.name).collect();
    faults.compare(format!("{name}: each field once"), names.len(), fields.len());
    faults.0
}

/// The offsets the compiler gave the struct.
fn layout_faults(message: &MessageElement) -> Vec<String> {
    let mut faults = Faults::default();
    let name = message.name.as_str();
    let Some(layout) = LAYOUTS.iter().copied().flatten().find(|layout| layout.name == name) else {
        return vec![format!("{name}: no layout")];
    };
    faults.compare(format!("{name} template"), message.id, u64::from(layout.template_id));
    faults.compare(format!("{name} block length"), message.block_length, layout.block_length);
    let offsets = |fields: &[Field]| -> Vec<(String, usize)> {
        fields.iter().map(|field| (field.name.clone(), field.offset)).collect()
    };
    let owned = |fields: &[(&str, usize)]| -> Vec<(String, usize)> {
        fields.iter().map(|(name, offset)| ((*name).to_owned(), *offset)).collect()
    };
    faults.compare(format!("{name} fields"), offsets(&message.fields), owned(layout.fields));
    let in_schema = message.group.as_ref().map(|group| {
        let counts = (group.counts.0, group.counts.1);
        (group.name.clone(), group.block_length, counts, offsets(&group.fields))
    });
    let in_crate = layout.group.map(|group| {
        let counts = (u64::from(group.count_min), u64::from(group.count_max));
        (group.name.to_owned(), group.block_length, counts, owned(group.fields))
    });
    faults.compare(format!("{name} group"), in_schema, in_crate);
    faults.0
}

/// What the fields read when exactly the schema's bytes of one of them are set, and when exactly
/// these are clear: offset, size, sign and order of each, seen from outside. Fields of a group are
/// those of the second of two entries.
fn accessor_faults(message: &MessageElement) -> Vec<String> {
    let mut faults = Faults::default();
    let of_entry = message.group.iter().flat_map(|group| &group.fields);
    for chosen in message.fields.iter().chain(of_entry) {
        for is_set in [true, false] {
            let place = format!("{} with {} alone set to {is_set}", message.name, chosen.name);
            let Some(bytes) = probe(message, chosen, is_set) else {
                faults.0.push(format!("{place}: outside of the body"));
                continue;
            };
            let parsed = Frame::parse(&bytes).ok();
            let Some((_, found, _)) = parsed.and_then(|(frame, _)| decode(&frame)) else {
                faults.0.push(format!("{place}: cannot be decoded"));
                continue;
            };
            let value = |field: &Field| field.filled_with(std::ptr::eq(field, chosen) == is_set);
            let named = |field: &Field| (field.name.clone(), value(field));
            let mut expected: Vec<_> = message.fields.iter().map(named).collect();
            if let Some(group) = &message.group {
                let plain = |field: &Field| (field.name.clone(), field.filled_with(!is_set));
                let first: Map<_, _> = group.fields.iter().map(plain).collect();
                let second: Map<_, _> = group.fields.iter().map(named).collect();
                expected.push((group.name.clone(), vec![first, second].into()));
            }
            let found: Vec<_> =
                found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            faults.compare(place, expected, found);
        }
    }
    faults.0
}

/// The message with every bit of one field set and all others clear, or the other way round; with
/// two entries when it has a group.
fn probe(message: &MessageElement, chosen: &Field, is_set: bool) -> Option<Vec<u8>> {
    let (inside, outside) = if is_set { (0xFF, 0) } else { (0, 0xFF) };
    let fill = |body: &mut Vec<u8>, fields: &[Field]| {
        if fields.iter().any(|field| std::ptr::eq(field, chosen)) {
            body.get_mut(chosen.offset..chosen.end())?.fill(inside);
        }
        Some(())
    };
    let mut body = vec![outside; message.block_length];
    fill(&mut body, &message.fields)?;
    if let Some(group) = &message.group {
        body.extend([group.block_length as u8, 0, 2, 0]);
        body.resize(body.len() + group.block_length, outside);
        let mut entry = vec![outside; group.block_length];
        fill(&mut entry, &group.fields)?;
        body.extend(entry);
    }
    let length = message.block_length as u64;
    let header = [length, message.id, spec::SCHEMA_ID.into(), spec::SCHEMA_VERSION.into()];
    let header = header.iter().flat_map(|part| part.to_le_bytes().into_iter().take(2));
    Some(header.chain(body).collect())
}

/// The page of messages shows the message and each of its fields.
fn message_page_faults(message: &MessageElement) -> Vec<String> {
    let mut faults = Faults::default();
    let title = format!("\n## {} ({})\n", message.name, message.id);
    let Some(start) = MESSAGES_PAGE.find(&title) else {
        return vec![format!("messages.md lacks {}", message.name)];
    };
    let rest = &MESSAGES_PAGE[start + title.len()..];
    let section = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let length = format!("\n{} bytes, section `{}`.\n", message.block_length, message.section);
    faults.require(section.contains(&length), || format!("messages.md: {} length", message.name));
    let of_entry = message.group.iter().flat_map(|group| &group.fields);
    for Field { offset, label, name, .. } in message.fields.iter().chain(of_entry) {
        let row = format!("\n| {offset} | {label} | `{name}` | ");
        faults.require(section.contains(&row), || format!("messages.md lacks {}", row.trim()));
    }
    let mut expected = 1 + message.fields.len();
    if let Some(group) = &message.group {
        expected += 1 + group.fields.len();
        let GroupElement { name, block_length, counts: (count_min, count_max), .. } = group;
        let counts =
            format!("({block_length}) and the count of entries ({count_min} to {count_max})");
        let is_told = section.contains(&format!("\nGroup `{name}`: ")) && section.contains(&counts);
        faults.require(is_told, || format!("messages.md: {} group", message.name));
    }
    let rows = section.matches("\n| ").count();
    faults.compare(format!("messages.md rows of {}", message.name), expected, rows);
    faults.0
}

fn enumeration_faults(schema: &Schema) -> Vec<String> {
    /// Name and number of every value, tried both ways.
    macro_rules! numbers {
        ($($enumeration:ident: $integer:ty),*) => {
            vec![$((stringify!($enumeration), stringify!($integer), {
                let values = spec::$enumeration::ALL.iter().map(|value| {
                    let number = <$integer>::from(*value);
                    assert_eq!(spec::$enumeration::try_from(number), Ok(*value));
                    (format!("{value:?}"), u64::from(number))
                });
                let values: Vec<_> = values.collect();
                let known = |number| values.iter().any(|(_, value)| *value == u64::from(number));
                for number in 0..=<$integer>::MAX {
                    let is_value = spec::$enumeration::try_from(number).is_ok();
                    assert_eq!(is_value, known(number), "{number}");
                }
                values
            })),*]
        };
    }
    let in_crate = numbers!(
        Side: u8, TimeInForce: u8, SelfMatchPrevention: u8, MassActionScope: u8,
        MassActionType: u8, MarketStatus: u8,
        CancelReason: u16, OrdStatus: u8, ExecType: u8, AcknowledgementLevel: u8,
        TerminateCode: u16, CancelOnDisconnect: u8, StateScope: u8, LogStreamDelivery: u8,
        EventVelocity: u8, ProtectionCause: u8, CatalogueAction: u8, OddsAction: u8,
        ReferenceOddsStatus: u8,
        RejectCode: u16
    );
    let mut faults = Faults::default();
    let names: Vec<_> = schema.enumerations.iter().map(|e| e.name.as_str()).collect();
    let expected: Vec<_> = in_crate.iter().map(|(name, ..)| *name).collect();
    faults.compare("enumerations", names, expected);
    for (in_schema, (name, integer, values)) in schema.enumerations.iter().zip(&in_crate) {
        faults.compare(format!("{name} values"), &in_schema.values, values);
        faults.compare(format!("{name} width"), in_schema.width, width_of(integer));
        let numbers: BTreeSet<_> = in_schema.values.iter().map(|(_, number)| number).collect();
        faults.compare(format!("{name}: each number once"), numbers.len(), in_schema.values.len());
    }
    faults.0
}

fn set_faults(schema: &Schema) -> Vec<String> {
    let in_crate = [
        ("Roles", "Trader", u64::from(spec::ROLES_TRADER)),
        ("Roles", "MarketAdmin", u64::from(spec::ROLES_MARKET_ADMIN)),
        ("Roles", "CashAdmin", u64::from(spec::ROLES_CASH_ADMIN)),
        ("Roles", "Risk", u64::from(spec::ROLES_RISK)),
        ("Roles", "Replica", u64::from(spec::ROLES_REPLICA)),
        ("Roles", "OddsProvider", u64::from(spec::ROLES_ODDS_PROVIDER)),
        ("ExecInst", "PostOnly", u64::from(spec::EXEC_INST_POST_ONLY)),
        ("ExecInst", "ReduceOnly", u64::from(spec::EXEC_INST_REDUCE_ONLY)),
        ("ExecInst", "CancelOnHalt", u64::from(spec::EXEC_INST_CANCEL_ON_HALT)),
        ("ExecInst", "CancelOnDisconnect", u64::from(spec::EXEC_INST_CANCEL_ON_DISCONNECT)),
        ("ExecInst", "EchoNo", u64::from(spec::EXEC_INST_ECHO_NO)),
        ("EventFlags", "EndOfEvent", u64::from(spec::EVENT_FLAGS_END_OF_EVENT)),
    ];
    let in_schema: Vec<_> = schema
        .sets
        .iter()
        .flat_map(|set| set.values.iter().map(|(name, bit)| (&*set.name, &**name, 1 << bit)))
        .collect();
    let mut faults = Faults::default();
    faults.compare("sets", in_schema.as_slice(), in_crate);
    for set in &schema.sets {
        let bits = set.width * 8;
        let fit = set.values.iter().all(|(_, bit)| *bit < bits as u64);
        faults.require(fit, || format!("{}: a bit above {bits}", set.name));
    }
    faults.0
}

/// The page of reject codes has a row for every code, with its meaning and remedy, and no other.
fn reject_page_faults(schema: &Schema) -> Vec<String> {
    let mut faults = Faults::default();
    for (name, number, description) in &schema.reject_codes {
        let Some((meaning, remedy)) = description.split_once(" Remedy: ") else {
            faults.0.push(format!("{name}: no remedy"));
            continue;
        };
        let row = format!("\n| {number} | {name} | {meaning} | {remedy} |\n");
        faults.require(REJECTS_PAGE.contains(&row), || format!("rejects.md lacks {}", row.trim()));
    }
    let rows = REJECTS_PAGE.lines().filter(|line| line.starts_with("| ")).count();
    faults.compare("rows of rejects.md", schema.reject_codes.len() + 1, rows);
    faults.0
}

fn width_of(integer: &str) -> usize {
    if integer == "u8" { 1 } else { 2 }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn compare<A, B>(&mut self, what: impl ToString, schema: A, found: B)
    where
        A: PartialEq<B> + Debug,
        B: Debug,
    {
        if schema != found {
            let what = what.to_string();
            self.0.push(format!("{what}: the schema has {schema:?}, found {found:?}"));
        }
    }

    fn require(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}

const XML: &str = include_str!("../schema/forecastle.xml");
const MESSAGES_PAGE: &str = include_str!("../messages.md");
const REJECTS_PAGE: &str = include_str!("../rejects.md");
/// With the message header of 8 bytes, one cache line.
const HOT_LENGTH_MAX: usize = 56;

/// Text of the schema, a faulty one in its place, and a word of the fault that must be found.
const PLANTED: &[(&str, &str, &str)] = &[
    (
        r#"name="max_staleness_ms" id="11" type="uint16" offset="48""#,
        r#"name="max_staleness_ms" id="11" type="uint16" offset="54""#,
        "NewOrderSingle fields",
    ),
    (
        r#"name="max_staleness_ms" id="11" type="uint16" offset="48""#,
        r#"name="max_staleness_ms" id="11" type="uint8" offset="48""#,
        "NewOrderSingle with max_staleness_ms alone",
    ),
    (
        r#"name="max_staleness_ms" id="11" type="uint16" offset="48""#,
        r#"name="max_staleness_ms" id="11" type="uint32" offset="48""#,
        "NewOrderSingle.side: lies in the field before it",
    ),
    (
        r#"name="value_count" id="5" type="uint8" offset="24""#,
        r#"name="value_count" id="5" type="uint16" offset="25""#,
        "SettlementRequest.value_count: not aligned",
    ),
    (
        r#"name="bid_cost" id="9" type="int64""#,
        r#"name="bid_cost" id="9" type="uint64""#,
        "PositionReport with bid_cost alone",
    ),
    (
        r#"name="NewOrderSingle" id="20" blockLength="56""#,
        r#"name="NewOrderSingle" id="20" blockLength="64""#,
        "NewOrderSingle: a hot body",
    ),
    (
        r#"name="Sequence" id="7" blockLength="8""#,
        r#"name="Sequence" id="7" blockLength="12""#,
        "Sequence: not a multiple of 8",
    ),
    (r#"name="Sequence" id="7""#, r#"name="Sequence" id="8""#, "each template id once"),
    (r#"name="OrderPut" id="81""#, r#"name="OrderSet" id="81""#, "OrderSet: no layout"),
    (r#"id="17987""#, r#"id="17988""#, "schema id"),
    (r#"version="0""#, r#"version="1""#, "schema version"),
    (r#">311</validValue>"#, r#">319</validValue>"#, "RejectCode values"),
    (r#">311</validValue>"#, r#">310</validValue>"#, "RejectCode: each number once"),
    ("Remedy: Synchronise your clock.", "Remedy: Wait.", "rejects.md lacks | 104"),
    (
        r#"<validValue name="Sell" "#,
        r#"<validValue name="Offer" "#,
        r#"Side values: the schema has [("Buy", 1), ("Offer", 2)]"#,
    ),
    (r#"log stream.">4</choice>"#, r#"log stream.">5</choice>"#, "sets"),
    (r#"length="40""#, r#"length="36""#, "CounterReport with label alone"),
    (r#"maxValue="64""#, r#"maxValue="65""#, "MassQuote group"),
    (r#"minValue="1""#, r#"minValue="0""#, "MassQuote group"),
    (
        r#"name="entries" id="6" blockLength="16""#,
        r#"name="entries" id="6" blockLength="24""#,
        "MassQuote group",
    ),
    (
        r#"name="bid_px" id="4" type="uint16" offset="12""#,
        r#"name="bid_px" id="4" type="uint16" offset="14""#,
        "MassQuote.entries.offer_px: lies in the field before it",
    ),
    (
        r#"name="offer_size" id="3" type="uint32" offset="8""#,
        r#"name="offer_size" id="3" type="uint16" offset="8""#,
        "MassQuote with offer_size alone",
    ),
];
