//! The texts of error frames, made once: the transport keeps a text for as long as it repeats it.

use std::sync::LazyLock;

use forecastle_proto_spec::{RejectCode, TerminateCode};

/// Makes the texts now rather than at the first refusal.
pub(super) fn prepare() {
    LazyLock::force(&REJECTS);
    LazyLock::force(&TERMINATES);
}

/// `forecastle NNN Name` of a reject code.
pub(super) fn reject_text(code: RejectCode) -> &'static str {
    let place = RejectCode::ALL.binary_search(&code);
    &REJECTS[place.expect("every code is in the list")]
}

/// `forecastle N Name` of a terminate code; those are below 100.
pub(super) fn terminate_text(code: TerminateCode) -> &'static str {
    let place = TerminateCode::ALL.binary_search(&code);
    &TERMINATES[place.expect("every code is in the list")]
}

static REJECTS: LazyLock<Box<[String]>> = LazyLock::new(|| {
    RejectCode::ALL.iter().map(|code| format!("forecastle {} {code:?}", *code as u16)).collect()
});
static TERMINATES: LazyLock<Box<[String]>> = LazyLock::new(|| {
    TerminateCode::ALL.iter().map(|code| format!("forecastle {} {code:?}", *code as u16)).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_number_and_code() {
        assert_eq!(reject_text(RejectCode::Credentials), "forecastle 101 Credentials");
        assert_eq!(reject_text(RejectCode::InvalidStateScope), "forecastle 414 InvalidStateScope");
        assert_eq!(terminate_text(TerminateCode::SlowConsumer), "forecastle 4 SlowConsumer");
    }
}
