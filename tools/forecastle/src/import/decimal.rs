//! Decimal numbers as integers in hundredths, without floats.

/// Reads a JSON number as hundredths; signs, exponents and trailing zeros are understood.
///
/// `None` when the text is no JSON number, finer than a hundredth, or above
/// [`HUNDREDTHS_MAX`] in size. Cost: one pass over the text.
#[must_use]
pub fn parse_hundredths(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let trailing_zeros = digits.len() - digits.trim_end_matches('0').len();
    let power = exponent
        .checked_add(i64::try_from(trailing_zeros).ok()?)?
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(HUNDREDTHS_DIGITS)?;
    let factor = 10_i64.checked_pow(u32::try_from(power).ok()?)?;
    let value = significant.parse::<i64>().ok()?.checked_mul(factor)?;
    let value = Some(value).filter(|value| *value <= HUNDREDTHS_MAX)?;
    Some(if negative { -value } else { value })
}

/// Exponent of a JSON number; what is too large to matter is cut to a value that fails later.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits.parse::<i64>().unwrap_or(EXPONENT_CUT).min(EXPONENT_CUT);
    Some(if negative { -value } else { value })
}

/// Largest value read, hundredths.
pub const HUNDREDTHS_MAX: i64 = 1_000_000_000_000_000;

const HUNDREDTHS_DIGITS: i64 = 2;
const EXPONENT_CUT: i64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        let cases = [
            ("0", 0),
            ("0.0", 0),
            ("-0.0", 0),
            ("0e99999999999999999999", 0),
            ("1.01", 101),
            ("20", 2000),
            ("21.19", 2119),
            ("0.1", 10),
            ("0.29", 29),
            ("1.005e3", 100_500),
            ("1000", 100_000),
            ("1E3", 100_000),
            ("2.5e+1", 2500),
            ("150e-2", 150),
            ("100000e-7", 1),
            ("7.100000000000000000000000", 710),
            ("-0.5", -50),
            ("10000000000000", HUNDREDTHS_MAX),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_hundredths(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_hundredths_cannot_hold_is_refused() {
        let cases = [
            "",
            "-",
            ".5",
            "5.",
            "1.001",
            "1e-3",
            "1e",
            "1e+",
            "1e1e1",
            "NaN",
            "\"1\"",
            "null",
            "+1",
            "1 ",
            "10000000000000.01",
            "1e14",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "99999999999999999999999999",
        ];
        for text in cases {
            assert_eq!(parse_hundredths(text), None, "{text}");
        }
    }
}
