//! Ordinal numbers in English.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// The ordinal of a number below a million: 21 is "twenty-first".
pub fn of(n: u32) -> Option<String> {
    let words = cardinal(n)?;
    let at = words.rfind(&[' ', '-'][..]).map_or(0, |k| k + 1);
    let (before, last) = words.split_at(at);
    let last = match last {
        "one" => "first".to_string(),
        "two" => "second".to_string(),
        "three" => "third".to_string(),
        "five" => "fifth".to_string(),
        "eight" => "eighth".to_string(),
        "nine" => "ninth".to_string(),
        "twelve" => "twelfth".to_string(),
        ten if ten.ends_with('y') => format!("{}ieth", &ten[..ten.len() - 1]),
        other => format!("{other}th"),
    };
    Some(format!("{before}{last}"))
}

fn cardinal(n: u32) -> Option<String> {
    let join = |first: String, rest: u32| match rest {
        0 => Some(first),
        _ => Some(format!("{first} {}", cardinal(rest)?)),
    };
    match n {
        0..=19 => Some(SMALL[n as usize].to_string()),
        20..=99 if n % 10 == 0 => Some(TENS[n as usize / 10].to_string()),
        20..=99 => Some(format!(
            "{}-{}",
            TENS[n as usize / 10],
            SMALL[n as usize % 10]
        )),
        100..=999 => join(format!("{} hundred", SMALL[n as usize / 100]), n % 100),
        1000..=999_999 => join(format!("{} thousand", cardinal(n / 1000)?), n % 1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn numbers_have_ordinals() {
        for (n, want) in [
            (0, "zeroth"),
            (1, "first"),
            (2, "second"),
            (3, "third"),
            (5, "fifth"),
            (8, "eighth"),
            (9, "ninth"),
            (12, "twelfth"),
            (20, "twentieth"),
            (21, "twenty-first"),
            (90, "ninetieth"),
            (100, "one hundredth"),
            (342, "three hundred forty-second"),
            (1000, "one thousandth"),
            (12_003, "twelve thousand third"),
            (
                999_999,
                "nine hundred ninety-nine thousand nine hundred ninety-ninth",
            ),
        ] {
            assert_eq!(of(n).as_deref(), Some(want), "{n}");
        }
        assert_eq!(of(1_000_000), None);
    }
}
