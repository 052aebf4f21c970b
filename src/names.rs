//! Which names Kubernetes accepts, and how far a word is from the one that may have been meant.

/// The longest name of an object.
pub const LONGEST: usize = 253;

/// Whether `text` is a DNS-1123 subdomain, as the names of Secrets, ServiceAccounts and most other objects have to be
/// (`IsDNS1123Subdomain` in apimachinery/pkg/util/validation/validation.go; the parts may be longer than a label):
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= LONGEST && text.split('.').all(is_part)
}

/// Whether `text` is a DNS-1123 label, as the names of namespaces have to be:
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>.
pub fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

fn is_part(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The number of letters to insert, delete, replace or swap with their neighbour to make `two` of `one`.
pub fn distance(one: &str, two: &str) -> usize {
    let (one, two): (Vec<_>, Vec<_>) = (one.chars().collect(), two.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in two.iter().enumerate() {
            let mut least = (row[j] + usize::from(a != b)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a == &two[j - 1] && b == &one[i - 1] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_made_of_lower_case_letters_digits_hyphens_and_dots() {
        for name in ["regcred", "a", "0", "a.b", "my-registry.example.com", "2026-01-01"] {
            assert!(is_subdomain(name), "{name}");
        }
        assert!(is_subdomain(&"a".repeat(LONGEST)));
        assert!(!is_subdomain(&"a".repeat(LONGEST + 1)));
        for name in ["", " ", "a ", "A", "a_b", "-a", "a-", ".a", "a.", "a..b", "a/b", "ä", "a\n"]
        {
            assert!(!is_subdomain(name), "{name:?}");
        }
    }

    #[test]
    fn a_label_is_short_and_has_no_dot() {
        assert!(is_label("shop") && is_label(&"a".repeat(63)));
        assert!(!is_label("a.b") && !is_label("") && !is_label(&"a".repeat(64)));
    }

    #[test]
    fn the_distance_counts_slips_of_the_pen() {
        for (one, two, slips) in [
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("abc", "xbc", 1),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(one, two), slips, "{one} {two}");
        }
    }
}
