//! Draws a figure.

use explain::visible;
use maud::{Markup, PreEscaped, html};
use story::render::wrap::wrap;

use crate::{Figure, Step};

/// The width of a lifeline's column, px.
const COLUMN: usize = 212;
/// The height of a line of text, px.
const LINE: usize = 16;
/// The characters of a line of text in a box. A character of the 12 px font is at most
/// 7.3 px wide.
const WIDE: usize = 26;
/// The distance between a box and the next, and between its border and its text, px.
const GAP: usize = 12;
const PAD: usize = 7;
/// Where the first box begins, px.
const TOP: usize = 48;

/// Colours for light and dark surroundings: the rules for dark ones stand in the last
/// block. Figures by hand have the same.
pub const STYLE: &str = "\
text { font: 12px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1b1f24; }
.name { font-weight: bold; text-anchor: middle; }
.paper { fill: #ffffff; }
.life { stroke: #afb8c1; stroke-dasharray: 4 4; }
.box { fill: #f6f8fa; stroke: #57606a; }
.mark { fill: #ddf4ff; stroke: #0550ae; }
.arrow { stroke: #0550ae; stroke-width: 1.5; fill: none; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.paper { fill: #0d1117; }
.life { stroke: #484f58; }
.box { fill: #161b22; stroke: #8b949e; }
.mark { fill: #0c2d4f; stroke: #79c0ff; }
.arrow { stroke: #79c0ff; }
}";

/// The figure as a document of its own, which needs nothing else.
pub fn svg(figure: &Figure) -> String {
    let mut y = TOP;
    let mut steps = Vec::new();
    for step in &figure.steps {
        let lines = wrap("", 0, &[visible(&step.text)], WIDE);
        let height = lines.len() * LINE + 2 * PAD;
        steps.push(self::step(step, &lines, y, height));
        y += height + GAP;
    }
    let (width, height) = (figure.lanes.len() * COLUMN, y + GAP);
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) role="img"
        {
            title { (visible(&figure.title)) }
            style { (PreEscaped(STYLE)) }
            rect.paper width=(width) height=(height) {}
            @for (lane, name) in figure.lanes.iter().enumerate() {
                text.name x=(x(lane)) y="22" { (visible(name)) }
                path.life d=(format!("M{} 32V{height}", x(lane))) {}
            }
            @for step in steps { (step) }
        }
    };
    format!("{}\n", drawing.into_string())
}

/// The middle of a lifeline, px from the left.
fn x(lane: usize) -> usize {
    lane * COLUMN + COLUMN / 2
}

/// A box on its lifeline, and an arrow from the lifeline of each cause.
fn step(step: &Step, lines: &[String], y: usize, height: usize) -> Markup {
    let (left, width) = (step.lane * COLUMN + 4, COLUMN - 8);
    let middle = y + height / 2;
    let arrow = |from: usize| {
        // The arrow ends at the side of the box that it comes from.
        let (tip, back) = match from < step.lane {
            true => (left, left.saturating_sub(7)),
            false => (left + width, left + width + 7),
        };
        let (above, below) = (middle - 4, middle + 4);
        format!("M{} {middle}H{tip}M{back} {above}L{tip} {middle}L{back} {below}", x(from))
    };
    html! {
        @for &from in &step.from { path.arrow d=(arrow(from)) {} }
        rect.box.mark[step.is_mark] x=(left) y=(y) width=(width) height=(height) rx="4" {}
        @for (number, line) in lines.iter().enumerate() {
            text x=(left + PAD) y=(y + PAD + 12 + number * LINE) { (line) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_words_are_text() {
        let attack = "</text><script>x</script>\u{202e}".to_owned();
        let step = Step { lane: 0, from: vec![1], is_mark: true, text: attack.clone() };
        let lanes = vec![attack.clone(), "kernel".to_owned()];
        let svg = svg(&Figure { title: attack, lanes, steps: vec![step] });
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}'), "{svg}");
    }
}
