//! Durations in two bytes, exact to a two-thousandth: enough to decide by, and no room lost.
//!
//! Five bits of exponent, eleven of mantissa. Up to 2,047 a number stands for itself; from there on the
//! mantissa has a hidden leading one, as in any floating-point format. 0 is none.

/// The number in two bytes, rounded down; what is too large, as the largest.
pub(super) fn pack(number: u64) -> u16 {
    let shift = (u64::BITS - number.leading_zeros()).saturating_sub(MANTISSA + 1);
    let mantissa = u16::try_from(number >> shift & MASK).unwrap_or(u16::MAX);
    match (number >> MANTISSA, u16::try_from(shift + 1)) {
        (0, _) => mantissa,
        (_, Ok(exponent)) if exponent < 1 << 5 => exponent << MANTISSA | mantissa,
        _ => u16::MAX,
    }
}

/// The number that two bytes stand for.
pub(super) fn unpack(packed: u16) -> u64 {
    let mantissa = u64::from(packed) & MASK;
    match packed >> MANTISSA {
        0 => mantissa,
        exponent => (mantissa | 1 << MANTISSA) << (exponent - 1),
    }
}

const MANTISSA: u32 = 11;
const MASK: u64 = (1 << MANTISSA) - 1;

#[cfg(test)]
mod tests;
