//! The timeline: one line per event, with its place in the graph and what stands behind it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use story::causes::{self, Cause, Why};
use story::render::text::microseconds;
use story::timeline::{ByRole, Entry, Lane, Teller, WithArguments};
use trace::{Field, Frame, Kind};

use crate::lanes::Lanes;
use crate::text::shown;
use crate::{Function, Page, source};

pub(crate) struct Events<'a> {
    pub(crate) page: &'a Page<'a>,
    pub(crate) lanes: &'a Lanes,
}

/// The events that caused an event, and those that it caused.
type ByPlace = BTreeMap<usize, Vec<Cause>>;

impl Events<'_> {
    pub(crate) fn section(&self) -> Markup {
        let entries = &self.page.timeline.entries;
        let causes = causes::of(self.page.timeline);
        let mut to: ByPlace = BTreeMap::new();
        let mut from: ByPlace = BTreeMap::new();
        for cause in causes {
            to.entry(cause.to).or_default().push(cause);
            from.entry(cause.from).or_default().push(cause);
        }
        // Not every run has scenes.
        let has_scenes = self.page.scenes.iter().any(Option::is_some);
        let nameless = if has_scenes { "before the first scene" } else { "all events" };
        html! {
            section.timeline aria-labelledby="timeline" {
                h2 id="timeline" { "Timeline" }
                @if entries.is_empty() {
                    p { "No events were recorded." }
                } @else {
                    (self.legend())
                    (self.lanes.lines())
                    @for scene in self.scenes() {
                        @let name = self.page.scenes.get(scene[0]).and_then(Option::as_ref);
                        details.scene open {
                            summary { h3 { (name.map_or_else(|| nameless.into(), |name| shown(name))) } }
                            ol {
                                @for at in scene { (self.event(at, &to, &from)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        html! {
            p.keys {
                "Times are in µs. An arrow leads to an event from the lane of its cause, or from "
                "above in the same lane. Choose an event: its chain of causes lights up. "
                span.script {
                    kbd { "j" } " and " kbd { "k" } " go on and back, " kbd { "c" }
                    " to its cause, " kbd { "e" } " to its effect, " kbd { "Esc" } " lets go."
                }
            }
            ul.lanes {
                @for (lane, name) in self.lanes.names() {
                    li {
                        svg aria-hidden="true" width="14" height="14" {
                            circle.lane cx="7" cy="7" r="5" {}
                            text x="7" y="10" { (lane + 1) }
                        }
                        (shown(name))
                    }
                }
            }
        }
    }

    /// The places of the events of each scene.
    fn scenes(&self) -> Vec<Vec<usize>> {
        let mut scenes: Vec<Vec<usize>> = Vec::new();
        for at in 0..self.page.timeline.entries.len() {
            match scenes.last_mut() {
                Some(scene) if self.page.scenes.get(scene[0]) == self.page.scenes.get(at) => {
                    scene.push(at);
                }
                _ => scenes.push(vec![at]),
            }
        }
        scenes
    }

    fn event(&self, at: usize, to: &ByPlace, from: &ByPlace) -> Markup {
        let entry = &self.page.timeline.entries[at];
        let none = Vec::new();
        let (causes, effects) = (to.get(&at).unwrap_or(&none), from.get(&at).unwrap_or(&none));
        let places = |causes: &[Cause], place: fn(&Cause) -> usize| {
            causes.iter().map(|cause| place(cause).to_string()).collect::<Vec<_>>().join(" ")
        };
        let (causes_at, effects_at) =
            (places(causes, |cause| cause.from), places(effects, |cause| cause.to));
        let by_role = self.page.roles.map(|roles| ByRole { roles, time_ns: entry.time_ns });
        let teller: &dyn Teller = match &by_role {
            Some(by_role) => by_role,
            None => &WithArguments,
        };
        html! {
            li.event.mark[matches!(entry.kind, Kind::Mark(_))]
                id=(format!("e{at}")) tabindex="-1" data-from=(causes_at) data-to=(effects_at)
            {
                (self.graph(at, causes))
                a.time href=(format!("#e{at}")) { (microseconds(entry.time_ns)) }
                div.what {
                    span.who { (shown(self.lanes.name(self.lanes.at(at)))) }
                    @for cell in entry.told(teller) {
                        @if cell.lane == Lane::Device {
                            span.device { (shown(&cell.lines.join(" "))) }
                        } @else {
                            @for (number, line) in cell.lines.iter().enumerate() {
                                span.path[number + 1 < cell.lines.len()] { (shown(line)) }
                            }
                        }
                    }
                }
                (self.more(entry, causes, effects))
            }
        }
    }

    /// The event's dot on its lane, and an arrow from the lane of each cause; from above
    /// for a cause in the same lane.
    fn graph(&self, at: usize, causes: &[Cause]) -> Markup {
        const Y: &str = "14";
        let x = self.lanes.x(self.lanes.at(at));
        let arrow = |from: usize| {
            let (start, side) = (self.lanes.x(from), if self.lanes.x(from) < x { -1 } else { 1 });
            let tip = x.cast_signed() + side * 5;
            let back = tip + side * 4;
            html! {
                path.arrow d=(format!("M{start} {Y}H{tip}M{back} 11L{tip} {Y}L{back} 17")) {}
            }
        };
        let others = causes.iter().map(|cause| self.lanes.at(cause.from));
        let mut lanes: Vec<usize> = others.chain(self.lanes.device(at)).collect();
        let is_own = lanes.contains(&self.lanes.at(at));
        lanes.retain(|&lane| lane != self.lanes.at(at));
        lanes.sort_unstable();
        lanes.dedup();
        let is_mark = matches!(self.page.timeline.entries[at].kind, Kind::Mark(_));
        html! {
            svg.graph aria-hidden="true" {
                use href="#lanes" {}
                @for lane in lanes { (arrow(lane)) }
                @if is_own {
                    path.arrow d=(format!("M{x} 0V9M{} 5L{x} 9L{} 5", x - 4, x + 4)) {}
                }
                @if is_mark {
                    circle.dot cx=(x) cy=(Y) r="4" {}
                } @else {
                    rect.dot x=(x - 3) y="11" width="6" height="6" {}
                }
            }
        }
    }

    /// What stands behind an event: causes, fields, and the kernel's stack.
    fn more(&self, entry: &Entry, causes: &[Cause], effects: &[Cause]) -> Markup {
        let mark = match &entry.kind {
            Kind::Mark(mark) => mark.source.as_ref(),
            _ => None,
        };
        html! {
            div.more {
                p.event-name { (shown(&entry.event().to_string())) " in " (entry.context.name()) " context" }
                @if !causes.is_empty() {
                    p { "because of " (self.links(causes, |cause| cause.from)) }
                }
                @if !effects.is_empty() {
                    p { "leads to " (self.links(effects, |cause| cause.to)) }
                }
                @if let Some(place) = mark { (source::place(self.page, place)) }
                // A mark's fields are its text and its place.
                @if !entry.fields.is_empty() && !matches!(entry.kind, Kind::Mark(_)) {
                    dl {
                        @for (field, value) in &entry.fields {
                            div {
                                dt { (shown(field)) }
                                dd {
                                    (shown(&value.to_string()))
                                    @if let Some(name) = number_name(entry, field) {
                                        " " span.number-name { (shown(&name)) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if !entry.stack.is_empty() {
                    ol.stack {
                        @for frame in &entry.stack { (self.frame(frame)) }
                    }
                }
            }
        }
    }

    fn frame(&self, frame: &Frame) -> Markup {
        let symbol = frame.symbol.as_ref();
        let module = symbol.and_then(|symbol| symbol.module.as_deref());
        let function = symbol.map(|symbol| {
            let (module, name) = (symbol.module.clone(), symbol.name.clone());
            Function { module, name }
        });
        html! {
            li {
                code { (shown(frame.name())) }
                @if let Some(module) = module { " " span.module { "[" (shown(module)) "]" } }
                @if let Some(file) = function.and_then(|function| self.page.files.get(&function)) {
                    " " span.file { (shown(file)) }
                }
            }
        }
    }

    fn links(&self, causes: &[Cause], place: fn(&Cause) -> usize) -> Markup {
        html! {
            @for (number, cause) in causes.iter().enumerate() {
                @if number > 0 { ", " }
                a href=(format!("#e{}", place(cause))) {
                    (shown(&self.page.timeline.entries[place(cause)].event().to_string()))
                    " at " (microseconds(self.page.timeline.entries[place(cause)].time_ns)) " µs"
                }
                " (" (why(cause.why)) ")"
            }
        }
    }
}

/// What the number in a field means, such as `SIGCHLD`.
fn number_name(entry: &Entry, field: &str) -> Option<String> {
    let field = Field::new(&entry.event(), field).ok()?;
    let name = field.number_name(&entry.fields)?;
    // A result without a name of its own is its number again.
    (Some(&name) != field.value(&entry.fields).map(|value| value.to_string()).as_ref())
        .then_some(name)
}

/// How one event causes another, in words.
fn why(why: Why) -> &'static str {
    match why {
        Why::Call => "a system call and its work",
        Why::Return => "a system call and its return",
        Why::Exit => "an exit and what follows",
        Why::Interrupt => "an interrupt handler and its work",
        Why::Fork => "a fork and the child",
        Why::Reap => "an exit and the wait for it",
        Why::Signal => "a signal and its delivery",
        Why::Handler => "a delivery and its handler",
        Why::WakeUp => "a wake-up",
    }
}
