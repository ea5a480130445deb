//! The golden vectors: bytes on one side, values on the other, made without this crate. Decoding
//! each must give its values, and encoding these must give its bytes.

mod catalogue;
mod vector_bytes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use catalogue::decode;
use forecastle_proto_spec::{Frame, LAYOUTS, Message, NewOrderSingle, Side, TimeInForce, encode};
use serde_json::{Map, Value};
use vector_bytes::vector_bytes;
use zerocopy::FromZeros;

#[test]
fn every_vector_decodes_to_its_values_and_back_to_its_bytes() {
    for (stem, vector) in vectors() {
        let (frame, rest) =
            Frame::parse(&vector.bytes).unwrap_or_else(|fault| panic!("{stem}: {fault}"));
        assert_eq!(rest, b"", "{stem}: bytes behind the message");
        let (name, fields, encoded) =
            decode(&frame).unwrap_or_else(|| panic!("{stem}: not in the catalogue"));
        assert_eq!(name, vector.message, "{stem}: message");
        assert_eq!(u64::from(frame.template_id), vector.template_id, "{stem}: template");
        let fields: Map<_, _> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(fields, vector.fields, "{stem}: fields");
        assert_eq!(encoded, vector.bytes, "{stem}: encoded again");
    }
}

#[test]
fn every_message_has_a_vector_and_every_vector_a_message() {
    let with_vector: BTreeSet<_> = vectors().into_values().map(|vector| vector.message).collect();
    let messages: BTreeSet<_> =
        LAYOUTS.iter().copied().flatten().map(|layout| layout.name.to_owned()).collect();
    assert_eq!(with_vector, messages);
    for (stem, vector) in vectors() {
        assert_eq!(stem.split('.').next(), Some(vector.message.as_str()), "{stem}: named so");
    }
}

#[test]
fn every_file_is_half_of_a_pair() {
    let mut halves: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let suffix = path.extension().unwrap().to_str().unwrap().to_owned();
        halves.entry(path.with_extension("")).or_default().insert(suffix);
    }
    for (stem, suffixes) in halves {
        let expected = BTreeSet::from(["hex".to_owned(), "json".to_owned()]);
        assert_eq!(suffixes, expected, "{}", stem.display());
    }
}

#[test]
fn values_set_by_name_give_the_bytes_of_the_vector() {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(1);
    order.sending_time_ns.set(1_767_225_600_123_456_789);
    order.seq_num.set(1);
    order.security_id.set(2);
    order.order_qty.set(100);
    order.account.set(7);
    order.price.set(4750);
    order.side = Side::Buy.into();
    order.time_in_force = TimeInForce::GoodTillCancel.into();
    let mut bytes = [0; NewOrderSingle::ENCODED_LENGTH];
    encode(&order, &mut bytes).unwrap();
    assert_eq!(bytes.as_slice(), vectors()["NewOrderSingle.typical"].bytes);
}

struct Vector {
    message: String,
    template_id: u64,
    fields: Map<String, Value>,
    bytes: Vec<u8>,
}

/// Every vector by the name of its files without the suffix.
fn vectors() -> BTreeMap<String, Vector> {
    vector_bytes()
        .into_iter()
        .map(|(stem, bytes)| {
            let text = fs::read_to_string(folder().join(format!("{stem}.json")))
                .expect("bytes have their values");
            let object: Map<String, Value> =
                serde_json::from_str(&text).expect("the values are JSON");
            let message = object["message"].as_str().expect("a name").to_owned();
            let template_id = object["template_id"].as_u64().expect("a number");
            let fields = object["fields"].as_object().expect("an object").clone();
            (stem, Vector { message, template_id, fields, bytes })
        })
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}
