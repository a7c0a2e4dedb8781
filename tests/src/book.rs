//! The course as a book: it is as it should be, and what is not so is found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ::book::Book;
use ::book::site::{build, mdbook_of, prepare, print};
use host::CHROMIUM;
use lab::course::{self, CHAPTER, Course, LESSONS};
use lab::run::Lab;
use lab::scaffold::{NewName, Scaffold};
use libtest_mimic::{Completion, Failed};
use rexpect::process::signal::Signal;
use rexpect::process::wait::WaitStatus;
use rexpect::session::spawn_command;
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::Test;
use crate::browser::Browser;

/// How long anything of the server may take. A machine under load is slow.
const LIMIT_MS: u64 = 300_000;

/// What makes a page wrong: the name of the test, the file, a text in it, what stands there
/// instead, and what is said about it.
const WRONG: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a-changed-transcript",
        "guest-programs/sigchld/chapter.md",
        "1. exit: CLD_EXITED from the child, si_status 7",
        "1. exit: CLD_EXITED from the child, si_status 8",
        "sigchld: the block `output` differs from what it quotes",
    ),
    (
        "a-changed-run",
        "tests/stories/sigchld.snap",
        "1. exit: CLD_EXITED from the child, si_status 7",
        "1. exit: CLD_EXITED from the child, si_status 8",
        "sigchld: the block `output` differs from what it quotes",
    ),
    (
        "changed-code",
        "kmods/kill_pid/lab_kill_pid.c",
        "\tcounters->interrupts++;",
        "\tcounters->interrupts += 1;",
        "kill-pid: the block `c kmods/kill_pid/lab_kill_pid.c",
    ),
    (
        "code-that-is-gone",
        "guest-programs/kill-pid/chapter.md",
        "lab_kill_pid.c writel(causes | return IRQ_HANDLED",
        "lab_kill_pid.c writes(causes | return IRQ_HANDLED",
        "kill-pid: there is nothing to quote for `c kmods/kill_pid/lab_kill_pid.c writes(causes",
    ),
    (
        "a-changed-transcript-of-a-document",
        "docs/classroom.md",
        "error: sigchld has not been started",
        "error: sigchld has not been begun",
        "docs/classroom.md: the block `quote snapshots/classroom-walk",
    ),
    (
        "a-dead-link-of-a-document",
        "docs/classroom.md",
        "## For students\n",
        "## For students\n\nSee [there](#for-nobody).\n",
        "docs/classroom.md: a link leads to #for-nobody, no heading",
    ),
    (
        "a-dead-link",
        "docs/claims.md",
        "[the map](map.md)",
        "[the map](maps.md)",
        "docs/claims.md: a link leads to maps.md, which is not there",
    ),
    (
        "a-link-out-of-the-book",
        "docs/claims.md",
        "[the map](map.md)",
        "[the map](../README.md)",
        "docs/claims.md: a link leads to ../README.md, which is no page",
    ),
    (
        "a-dead-anchor",
        "docs/claims.md",
        "[the map](map.md)",
        "[the map](map.md#what-you-can-run-not)",
        "docs/claims.md: a link leads to index.md#what-you-can-run-not, no heading",
    ),
    (
        "a-figure-of-an-older-run",
        "tests/stories/kill-pid.snap",
        "edu ▶ irq 11   [child 1] hardirq: lab_kill_pid",
        "edu ▶ irq 11   [child 1] hardirq: lab_kill_pids",
        "an-interrupt-becomes-a-signal.svg is of an older run",
    ),
    (
        "a-figure-in-other-colours",
        "docs/figures/the-ladder-of-gotos.svg",
        "#f6f8fa",
        "#123456",
        "docs/figures/the-ladder-of-gotos.svg has other colours than the figures of runs",
    ),
    (
        "a-figure-that-nobody-sees",
        "guest-programs/fork-return/chapter.md",
        "](../../docs/figures/fork-return/one-call-two-returns.svg)",
        "](chapter.md)",
        "no page shows docs/figures/fork-return/one-call-two-returns.svg",
    ),
];

pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let [own, of_site, of_server] = [(); 3].map(|()| Arc::clone(lab));
    let mut tests = vec![
        Test::new("book::says-what-is-so".to_owned(), move || says_what_is_so(&own.course)),
        Test::new("book::a-new-lesson-lacks-its-story-only".to_owned(), a_new_lesson),
        Test::that_may_be_skipped("book::site".to_owned(), move || site(&of_site)).needs(CHROMIUM),
        Test::that_may_be_skipped("book::serve".to_owned(), move || serve(&of_server)),
    ];
    for (name, file, from, to, said) in WRONG {
        let test = || is_found(file, from, to, said);
        tests.push(Test::new(format!("book::finds-{name}"), test));
    }
    tests
}

/// Every quote, link, anchor and figure of the course.
fn says_what_is_so(course: &Course) -> Result<(), Failed> {
    let faults = faults(course)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn faults(course: &Course) -> Result<Vec<String>, Failed> {
    ::book::check(course).map_err(|error| error.to_string().into())
}

/// The site in a browser: each page loads without a network, every link leads to something
/// that is there, nothing is wider than a narrow screen, the search finds a function, and
/// it can be printed. Compiling mdbook takes minutes, so a cache without it skips this.
fn site(lab: &Lab<'_>) -> Result<Completion, Failed> {
    let Some(mdbook) = mdbook_of(&lab.cache) else {
        return Ok(Completion::ignored_with(
            "the cache has no mdbook; `cargo xtask book` builds it",
        ));
    };
    let folder = tempfile::tempdir()?;
    let (prepared, out) = (folder.path().join("prepared"), folder.path().join("out"));
    let book = Book::new(&lab.course).map_err(|error| error.to_string())?;
    prepare(&book, &prepared).map_err(|error| error.to_string())?;
    build(&mdbook, &prepared, &out).map_err(|error| error.to_string())?;

    let mut browser = Browser::start()?;
    browser.resize(360, 800)?;
    let mut anchors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut links = BTreeSet::new();
    // The first page and print.html are there besides those of the book.
    let pages = book.pages.keys().filter(|place| *place != "SUMMARY.md");
    let pages = pages.map(|place| place.replace(".md", ".html")).chain(["print.html".to_owned()]);
    for place in pages {
        let path = out.join(&place);
        let complaints = browser.load(&path)?;
        if !complaints.is_empty() {
            return Err(format!("{place}: {complaints:?}").into());
        }
        let fits = "[...document.querySelectorAll('html, .content, main')]\
                    .every(element => element.scrollWidth <= element.clientWidth)";
        if browser.evaluate(fits)? != true {
            return Err(format!("{place} does not fit 360 pixels").into());
        }
        let texts = |found: Value| -> Vec<String> {
            let found = found.as_array().into_iter().flatten();
            found.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let ids = texts(browser.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")?);
        anchors.insert(format!("file://{}", path.display()), ids.into_iter().collect());
        let all = "[...document.querySelectorAll('a[href]')].map(a => new URL(\
                   a.getAttribute('href'), document.baseURI).href)";
        links.extend(texts(browser.evaluate(all)?).into_iter().map(|link| (place.clone(), link)));
    }
    // A person may follow a link into the network. A page needs none, so this test has none.
    for (place, link) in links.into_iter().filter(|(_, link)| !link.starts_with("https://")) {
        let (page, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let is_there =
            anchors.get(page).is_some_and(|ids| anchor.is_empty() || ids.contains(anchor));
        if !is_there {
            return Err(format!("{place}: a link leads to {link}, which is not there").into());
        }
    }

    browser.load(&out.join("chapters/kill-pid.html"))?;
    let found = browser.evaluate(
        "new Promise(done => {
            const results = document.getElementById('mdbook-searchresults');
            const look = () => results.querySelector('a') && done(results.innerText);
            new MutationObserver(look).observe(results, {childList: true, subtree: true});
            document.getElementById('mdbook-search-toggle').click();
            const bar = document.getElementById('mdbook-searchbar');
            bar.value = 'do_notify_parent';
            bar.dispatchEvent(new KeyboardEvent('keyup', {key: 't', bubbles: true}));
        })",
    )?;
    if !found.as_str().is_some_and(|found| found.contains("SIGCHLD")) {
        return Err(format!("the search finds {found}").into());
    }

    let pdf = folder.path().join("book.pdf");
    print(&out, &pdf).map_err(|error| error.to_string())?;
    match std::fs::read(pdf)?.starts_with(b"%PDF") {
        true => Ok(Completion::Completed),
        false => Err("the printed book is no PDF".into()),
    }
}

fn without_mdbook() -> Completion {
    Completion::ignored_with("the cache has no mdbook; `cargo xtask book` builds it")
}

/// The server shows what is written into a page of the course, and Ctrl-C ends it.
fn serve(lab: &Lab<'_>) -> Result<Completion, Failed> {
    if mdbook_of(&lab.cache).is_none() {
        return Ok(without_mdbook());
    }
    let folder = tempfile::tempdir()?;
    let course = copy(folder.path())?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--course").arg(&course.root).args(["book", "--serve"]);
    command.args(["--port", &port.to_string()]);
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    session.exp_string("Watching for changes")?;

    let written = "A sentence that was not there before.";
    let page = course.root.join("docs/glossary.md");
    let text = std::fs::read_to_string(&page)? + "\n" + written + "\n";
    let new = page.with_extension("new");
    std::fs::write(&new, text)?;
    std::fs::rename(new, page)?;
    // mdbook may find the page when it is half written, and then once more.
    loop {
        session.exp_string("HTML book written")?;
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(b"GET /glossary.html HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        if answer.contains(written) {
            break;
        }
    }
    session.send_control('c')?;
    session.exp_eof()?;
    match session.process().wait()? {
        WaitStatus::Signaled(_, Signal::SIGINT, _) => Ok(Completion::Completed),
        other => Err(format!("it ended by {other:?}").into()),
    }
}

/// A text in a copy of the course is replaced. The check of the book says so.
fn is_found(file: &str, from: &str, to: &str, said: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let course = copy(folder.path())?;
    says_what_is_so(&course)?;
    let path = course.root.join(file);
    let text = std::fs::read_to_string(&path)?;
    let wrong = text.replacen(from, to, 1);
    if wrong == text {
        return Err(format!("{file} has no `{from}` any more").into());
    }
    std::fs::write(path, wrong)?;
    let faults = faults(&course)?;
    match faults.iter().any(|fault| fault.contains(said)) {
        true => Ok(()),
        false => Err(format!("`{said}` is not said, but {faults:#?}").into()),
    }
}

/// What `new` writes is all that the book wants of a lesson, but for the story, which takes
/// a run.
fn a_new_lesson() -> Result<(), Failed> {
    for kmod in [false, true] {
        let folder = tempfile::tempdir()?;
        let course = copy(folder.path())?;
        let NewName(name) = "two-words".parse()?;
        let scaffold = Scaffold { name, kmod };
        for (path, text) in scaffold.files() {
            let path = course.root.join(path);
            std::fs::create_dir_all(path.parent().ok_or("it is the root")?)?;
            std::fs::write(path, text)?;
        }
        let page = std::fs::read_to_string(course.root.join(course::FILE))?;
        let line = format!("- [A question?]({LESSONS}/two-words/{CHAPTER})\n");
        std::fs::write(course.root.join(course::FILE), page + &line)?;
        let course = Course::open(&course.root).map_err(|error| error.to_string())?;
        let faults = faults(&course)?;
        if faults.len() != 1 || !faults[0].contains("two-words has no story") {
            return Err(format!("with kmod {kmod}: {faults:#?}").into());
        }
    }
    Ok(())
}

/// The files of the course that the book is made of, in another folder.
fn copy(folder: &Path) -> Result<Course, Failed> {
    let sh = Shell::new()?;
    sh.change_dir(builder::root());
    let texts = ["tests/stories", "tests/snapshots"];
    let parts = ["course.md", "docs", "guest-programs", "kmods"].into_iter().chain(texts);
    cmd!(sh, "cp --recursive --parents {parts...} tests/functions.toml {folder}").quiet().run()?;
    Course::open(folder).map_err(|error| error.to_string().into())
}
