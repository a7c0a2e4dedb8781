//! What every page has around its body.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text::shown;

/// A whole page. `name` and `title` are its title, and `policy` says what it may do.
pub fn document(name: &str, title: &str, policy: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (shown(name)) ": " (shown(title)) }
                style { (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}
