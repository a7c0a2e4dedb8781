//! Pages of runs in a real browser: each lesson's page loads without an error, its arrows
//! and facts are there and lead where they should, it is used by keyboard, it fits a narrow
//! screen, and nothing that a program wrote acts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use host::CHROMIUM;
use lab::maker::Maker;
use lab::pages::{self, Background};
use libtest_mimic::Failed;
use page::{Cell, Fact, Function, Page, Report, Source, Table};
use serde_json::Value;
use story::causes;
use story::timeline::Timeline;
use trace::mark::Part;
use trace::{Event, Fields, Frame, Kind, Mark, Symbol, Symbols, Value as Field};

use crate::Test;
use crate::browser::Browser;
use crate::runs::{Runs, made};

/// The most bytes of a page.
const MOST: usize = 1 << 20;

/// One test for all lessons, because a browser takes seconds to start.
pub fn all(runs: &Arc<Runs>) -> Vec<Test> {
    let runs = Arc::clone(runs);
    vec![
        Test::new("pages::of-lessons".to_owned(), move || of_lessons(&runs)).needs(CHROMIUM),
        Test::new("pages::nothing-acts".to_owned(), nothing_acts).needs(CHROMIUM),
        Test::new("pages::nothing-acts-in-a-report".to_owned(), nothing_acts_in_a_report)
            .needs(CHROMIUM),
    ]
}

fn of_lessons(runs: &Runs) -> Result<(), Failed> {
    let (lab, machine) = (&*runs.lab, &*runs.machine);
    let maker = Maker::here(lab, machine);
    let mut browser = Browser::start()?;
    for name in &lab.course.names {
        let (plan, ran) = runs.of_lesson(name)?;
        let run = made(&ran)?;
        let background = Background::of_run(lab, machine, &plan.lesson, &run.timeline)?;
        let html = pages::of_run(&plan, run, &maker, &background);
        let failed = |problem: String| format!("{name}: {problem}");
        if html.len() > MOST {
            return Err(failed(format!("the page has {} bytes", html.len())).into());
        }
        let facts = run.verdict.expectations.iter().map(|fact| fact.evidence.clone());
        let facts: Vec<_> = facts.collect();
        looks_right(&mut browser, &html, &facts, &run.timeline).map_err(failed)?;
        // Each mark leads to its line, and each function of the lesson's modules to its file.
        for (missing, what) in [
            (".event .place:not(:has(a))", "no source"),
            (".stack .module:not(:has(+ .file))", "no file"),
        ] {
            let missing = format!(
                "[...document.querySelectorAll('{missing}')].map(of => of.parentElement.innerText).join()"
            );
            let found = browser.evaluate(&missing)?;
            if found != "" {
                return Err(failed(format!("{what} for {found}")).into());
            }
        }
    }
    Ok(())
}

/// What is wrong with a page.
fn looks_right(
    browser: &mut Browser,
    html: &str,
    facts: &[Vec<usize>],
    timeline: &Timeline,
) -> Result<(), String> {
    let has_evidence = facts.iter().any(|evidence| !evidence.is_empty());
    let effects: BTreeSet<usize> = causes::of(timeline).iter().map(|cause| cause.to).collect();
    let (facts, events, effects) = (facts.len(), timeline.entries.len(), effects.len());
    let file = tempfile::Builder::new().suffix(".html").tempfile().map_err(said)?;
    std::fs::write(file.path(), html).map_err(said)?;
    browser.resize(1280, 800).map_err(told)?;
    let complaints = browser.load(file.path()).map_err(told)?;
    if !complaints.is_empty() {
        return Err(format!("the console says {complaints:?}"));
    }
    let mut is = |expression: &str, expected: Value| match browser.evaluate(expression) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(format!("`{expression}` is {found}, not {expected}")),
        Err(error) => Err(told(error)),
    };
    is("document.querySelectorAll('.facts li').length", facts.into())?;
    is("document.querySelectorAll('.event').length", events.into())?;
    // Each link leads somewhere, and each arrow begins at an event.
    is(
        "[...document.links].filter(a => !document.getElementById(a.hash.slice(1))).length",
        0.into(),
    )?;
    is("document.querySelectorAll('.event:not([data-from=\"\"])').length", effects.into())?;
    is(
        "document.querySelectorAll('.mark').length ===
        [...document.querySelectorAll('.mark')].filter(mark => \
        mark.querySelector('.more a[href^=\"#s\"]')).length",
        true.into(),
    )?;
    is(
        "[...document.querySelectorAll('.event')].every((event, at) => \
         event.dataset.from.split(' ').filter(Boolean).every(from => Number(from) < at))",
        true.into(),
    )?;
    if has_evidence {
        // A fact leads to its evidence, which lights up with its causes.
        is("document.querySelector('.evidence a').click()", Value::Null)?;
        is("document.querySelectorAll('.chosen').length", 1.into())?;
        is(
            "document.querySelector('.evidence a').hash ===
             '#' + document.querySelector('.chosen').id",
            true.into(),
        )?;
        is("document.querySelector('.chosen').classList.contains('lit')", true.into())?;
    }
    // A person who tabs through the page chooses an event by its time.
    is("document.querySelector('#e1 .time')?.focus()", Value::Null)?;
    for (keys, chosen) in [
        (&["Escape"][..], None),
        (&["Enter"], Some("e1")),
        (&["Escape"], None),
        (&["j", "j", "k"], Some("e0")),
        (&["j"], Some("e1")),
    ] {
        keys.iter().try_for_each(|key| browser.press(key)).map_err(told)?;
        let found =
            browser.evaluate("document.querySelector('.chosen')?.id ?? null").map_err(told)?;
        if found != chosen.map_or(Value::Null, Value::from) {
            return Err(format!("after {keys:?}, {found} is chosen"));
        }
    }
    for width in [360, 1920] {
        browser.resize(width, 800).map_err(told)?;
        // What is too wide, if anything is.
        let wide = "document.documentElement.scrollWidth <= innerWidth ? '' : \
                    [...document.querySelectorAll('.timeline *, header *, .facts *')]\
                    .filter(element => element.scrollWidth > element.clientWidth \
                    && element.clientWidth).map(element => element.outerHTML).join()";
        let found = browser.evaluate(wide).map_err(told)?;
        if found != "" {
            return Err(format!("it does not fit {width} pixels: {found}"));
        }
    }
    Ok(())
}

/// What attacks a page: elements, the ends of elements and attributes, links, and what a
/// terminal or a reader of right-to-left text obeys.
const ATTACK: &str = "</script><script>window.acted = 1</script>\
                      <img src=x onerror='window.acted = 1'>\
                      \"' onclick=\"window.acted = 1\" --> ]]> &lt;b&gt; \
                      <a href=\"javascript:window.acted = 1\">x</a>\
                      \0\u{1b}[2J\u{202e}\u{2028}<style>* { display: none }</style>";

/// Everything that a stranger can choose is an attack.
fn nothing_acts() -> Result<(), Failed> {
    let text = || Field::Text(ATTACK.to_owned());
    let fields = Fields::from([
        ("irq".to_owned(), Field::Int(1)),
        ("name".to_owned(), text()),
        (ATTACK.to_owned(), text()),
    ]);
    let event = |name, fields: &Fields| {
        Event::new(name, fields.clone(), &Symbols::default()).map_err(|error| error.to_string())
    };
    let mut mark = event(ATTACK, &fields)?;
    mark.kind = Kind::Mark(Mark {
        source: Some(format!("{ATTACK}:1")),
        scene: None,
        parts: vec![Part::Words(ATTACK.to_owned())],
    });
    let symbol = Symbol { name: ATTACK.to_owned(), offset: 0, module: Some(ATTACK.to_owned()) };
    mark.stack = vec![Frame { address: 0, symbol: Some(symbol) }];
    let timeline = Timeline::new(&[event("irq_handler_entry", &fields)?, mark]);
    let fact = |passed| Fact {
        fact: ATTACK.to_owned(),
        passed,
        detail: ATTACK.to_owned(),
        evidence: vec![0, 1],
    };
    let page = Page {
        name: ATTACK,
        title: ATTACK,
        passed: Some(false),
        ending: Some(ATTACK.to_owned()),
        made_by: vec![("emulator", ATTACK.to_owned())],
        output: vec![("output", ATTACK.to_owned())],
        facts: vec![fact(true), fact(false)],
        timeline: &timeline,
        roles: None,
        scenes: vec![Some(ATTACK.to_owned()); 2],
        sources: vec![Source { path: ATTACK.to_owned(), text: ATTACK.to_owned() }],
        files: BTreeMap::from([(
            Function { module: Some(ATTACK.to_owned()), name: ATTACK.to_owned() },
            ATTACK.to_owned(),
        )]),
    };
    let html = page.html();
    if let Some(c) = html
        .chars()
        .find(|&c| c.is_control() && c != '\n' || ('\u{2028}'..='\u{202e}').contains(&c))
    {
        return Err(format!("{c:?} gets through").into());
    }
    let mut browser = Browser::start()?;
    looks_right(&mut browser, &html, &[vec![0, 1], vec![0, 1]], &timeline)?;
    for (expression, expected) in [
        ("typeof window.acted", Value::from("undefined")),
        ("document.scripts.length", 1.into()),
        ("document.querySelectorAll('style').length", 1.into()),
        ("document.images.length", 0.into()),
        ("document.querySelectorAll('[onclick], [onerror], [href^=javascript]').length", 0.into()),
    ] {
        let found = browser.evaluate(expression)?;
        if found != expected {
            return Err(format!("`{expression}` is {found}, not {expected}").into());
        }
    }
    Ok(())
}

/// A report of a class whose students have attacks for names and in what they caused.
fn nothing_acts_in_a_report() -> Result<(), Failed> {
    let attacks = [ATTACK, "javascript:window.acted = 1", "//example.org", "..", "a/../../b"];
    let rows = attacks.iter().map(|attack| {
        let path = Some(vec![(*attack).to_owned(), "index.html".to_owned()]);
        vec![Cell { path, ..Cell::text(*attack) }, Cell::text(*attack)]
    });
    let report = Report {
        name: ATTACK.to_owned(),
        title: ATTACK.to_owned(),
        lead: vec![ATTACK.to_owned()],
        up: Some(Cell { path: Some(vec![ATTACK.to_owned()]), ..Cell::text(ATTACK) }),
        tables: vec![Table {
            title: ATTACK.to_owned(),
            head: vec![ATTACK.to_owned(); 2],
            rows: rows.collect(),
        }],
    };
    let file = tempfile::Builder::new().suffix(".html").tempfile()?;
    std::fs::write(file.path(), report.html())?;
    let mut browser = Browser::start()?;
    browser.resize(360, 800)?;
    let complaints = browser.load(file.path())?;
    if !complaints.is_empty() {
        return Err(format!("the console says {complaints:?}").into());
    }
    for (expression, expected) in [
        ("typeof window.acted", Value::from("undefined")),
        ("document.scripts.length", 0.into()),
        ("document.querySelectorAll('style').length", 1.into()),
        ("document.images.length", 0.into()),
        ("document.querySelectorAll('[onclick], [onerror]').length", 0.into()),
        ("document.querySelectorAll('td').length", 10.into()),
        ("document.links.length", 6.into()),
        ("[...document.links].every(a => a.protocol === 'file:' && !a.host)", true.into()),
        ("document.documentElement.scrollWidth <= innerWidth", true.into()),
    ] {
        let found = browser.evaluate(expression)?;
        if found != expected {
            return Err(format!("`{expression}` is {found}, not {expected}").into());
        }
    }
    Ok(())
}

fn said(error: std::io::Error) -> String {
    error.to_string()
}

fn told(failed: Failed) -> String {
    failed.message().unwrap_or_default().to_owned()
}
