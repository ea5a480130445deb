//! Random numbers from the system, for stream sessions and receiver ids.

use crate::session_error::SessionError;

pub(crate) fn random_u64() -> Result<u64, SessionError> {
    getrandom::u64().map_err(|_| SessionError::Random)
}

/// Any i32 outside the range that Aeron keeps for sessions chosen by hand (-1 to 1000).
pub(crate) fn random_i32() -> Result<i32, SessionError> {
    loop {
        let number = getrandom::u32().map_err(|_| SessionError::Random)?.cast_signed();
        if !(-1..=1000).contains(&number) {
            return Ok(number);
        }
    }
}
