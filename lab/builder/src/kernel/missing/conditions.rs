//! The preprocessor's conditions around a place in a file of C, as far as the kernel's
//! configuration alone decides them.

/// Whether a compiler sees a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Around {
    /// It does.
    Kept,
    /// It does not, because of this directive.
    LeftOut(String),
    /// This directive decides, and not by the configuration alone.
    Unclear(String),
}

/// A condition that is open.
struct Condition {
    /// The directive, as it is in the file.
    directive: String,
    /// Whether the lines that follow are kept. `None` if that is not known.
    kept: Option<bool>,
}

/// The conditions around a place, which is the offset of a line. `is_set` says whether a
/// symbol such as `CONFIG_SMP` is set.
pub fn around(text: &str, place: usize, is_set: impl Fn(&str) -> bool) -> Around {
    let mut open: Vec<Condition> = Vec::new();
    let mut lines = text[..place].lines().peekable();
    while let Some(line) = lines.next() {
        let Some(directive) = line.trim_start().strip_prefix('#').map(str::trim_start) else {
            continue;
        };
        let (word, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        match word {
            "if" | "ifdef" | "ifndef" => {
                // `#ifndef X` before `#define X` only keeps a header from being read twice.
                let guarded = word == "ifndef"
                    && lines.peek().is_some_and(|next| {
                        next.starts_with("#define") && next.contains(rest.trim())
                    });
                let kept = if guarded { Some(true) } else { holds(word, rest, &is_set) };
                open.push(Condition { directive: line.trim().to_owned(), kept });
            }
            "elif" => {
                if let Some(condition) = open.last_mut() {
                    condition.kept = None;
                }
            }
            "else" => {
                if let Some(condition) = open.last_mut() {
                    condition.kept = condition.kept.map(|kept| !kept);
                    condition.directive = format!("the #else of {}", condition.directive);
                }
            }
            "endif" => {
                open.pop();
            }
            _ => {}
        }
    }
    if let Some(condition) = open.iter().find(|condition| condition.kept == Some(false)) {
        return Around::LeftOut(condition.directive.clone());
    }
    match open.into_iter().find(|condition| condition.kept.is_none()) {
        Some(condition) => Around::Unclear(condition.directive),
        None => Around::Kept,
    }
}

/// Whether a condition about one symbol of the configuration holds. `None` for any other.
fn holds(word: &str, condition: &str, is_set: &impl Fn(&str) -> bool) -> Option<bool> {
    let condition = condition.split("/*").next().unwrap_or_default().trim();
    let (negated, condition) = match (word, condition.strip_prefix('!')) {
        ("if", Some(rest)) => (true, rest.trim()),
        _ => (word == "ifndef", condition),
    };
    let symbol = match word {
        "if" => ["defined(", "IS_ENABLED(", "IS_BUILTIN("]
            .iter()
            .find_map(|test| condition.strip_prefix(test)?.strip_suffix(')'))
            .or_else(|| condition.strip_prefix("defined "))?,
        _ => condition,
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (symbol.starts_with("CONFIG_") && symbol.chars().all(is_word))
        .then(|| is_set(symbol) != negated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(text: &str) -> Around {
        around(text, text.len(), |symbol| symbol == "CONFIG_SET")
    }

    #[test]
    fn what_the_configuration_decides_is_known() {
        for kept in [
            "",
            "#ifdef CONFIG_UNSET\n#endif\n",
            "#ifdef CONFIG_SET\n",
            "#ifndef CONFIG_UNSET\n",
            "#if defined(CONFIG_SET) /* why */\n",
            "# if !IS_ENABLED(CONFIG_UNSET)\n",
            "#ifdef CONFIG_UNSET\nint a;\n#else\n",
            "#ifndef _LINUX_A_H\n#define _LINUX_A_H\n",
        ] {
            assert_eq!(at_end(kept), Around::Kept, "{kept}");
        }
        for (text, directive) in [
            ("#ifdef CONFIG_UNSET\n", "#ifdef CONFIG_UNSET"),
            ("#ifdef CONFIG_SET\n#else /* not SET */\n", "the #else of #ifdef CONFIG_SET"),
            ("#ifdef CONFIG_UNSET\n#if X\n", "#ifdef CONFIG_UNSET"),
            ("#if X\n#if defined CONFIG_UNSET\n", "#if defined CONFIG_UNSET"),
        ] {
            assert_eq!(at_end(text), Around::LeftOut(directive.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_else_decides_is_named() {
        for (text, directive) in [
            ("#if BITS > 32\n", "#if BITS > 32"),
            ("#ifdef CONFIG_UNSET\n#elif Y\n", "#ifdef CONFIG_UNSET"),
            ("#ifdef CONFIG_SET\n#ifndef __ASSEMBLY__\n", "#ifndef __ASSEMBLY__"),
            ("#if defined(CONFIG_SET) && X(1)\n", "#if defined(CONFIG_SET) && X(1)"),
        ] {
            assert_eq!(at_end(text), Around::Unclear(directive.to_owned()), "{text}");
        }
    }
}
