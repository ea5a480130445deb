//! The bytes of the golden vectors.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use forecastle_proto_spec::{Message, MessageHeader, RecordHeader};
use zerocopy::IntoBytes;

/// The bytes of every vector by the name of its file without the suffix, all led by a message
/// header: the record header, which is bare in its vector, gets one.
pub fn vector_bytes() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let paths = fs::read_dir(folder).expect("the vectors exist");
    let paths = paths.map(|entry| entry.expect("the folder can be read").path());
    let hex = paths.filter(|path| path.extension().is_some_and(|suffix| suffix == "hex"));
    let vectors: BTreeMap<_, _> = hex.map(|path| read(&path)).collect();
    assert!(!vectors.is_empty(), "a test over no vectors would prove nothing");
    vectors
}

fn read(path: &Path) -> (String, Vec<u8>) {
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("a vector is text");
    let pairs = text.split_ascii_whitespace();
    let mut bytes: Vec<u8> =
        pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two hex digits")).collect();
    if name.split('.').next() == Some(RecordHeader::NAME) {
        bytes.splice(..0, MessageHeader::of::<RecordHeader>().as_bytes().iter().copied());
    }
    (name, bytes)
}
