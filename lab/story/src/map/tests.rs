use super::*;

const LESSON: &str = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n\
    [[trace]]\nevent = \"signal/signal_generate\"\n\
    [[expect]]\nfact = \"one is sent\"\nevent = \"signal_generate\"\n\
    [[expect]]\nfact = \"and one is dropped\"\nevent = \"signal_generate\"\n";

const LINE: &str = r#"[way]
diverts = ["one is sent"]
returns = ["one is sent", "and one is dropped"]

[carries]
says = "a number"
facts = ["one is sent"]

[kept]
none = "nobody keeps it"

[full]
says = "dropped"
facts = ["and one is dropped"]

[loss]
none = "nothing is lost"

[context]
says = "the sender"
facts = ["one is sent"]
"#;

const PLACES: &str = "[[unbuilt]]\nplace = \"fault\"\nways = [\"asks\", \"diverts\"]\n\
    question = \"Who?\"\nwould_show = \"the task itself\"\n";

fn lesson() -> Lesson {
    Lesson::parse(Path::new("guest-programs/kill-pid"), LESSON).unwrap()
}

fn refused(text: &str) -> String {
    Line::parse(&lesson(), text).unwrap_err().to_string()
}

#[test]
fn a_line_is_read() {
    let line = Line::parse(&lesson(), LINE).unwrap();
    let ways: Vec<_> = line.ways.iter().map(|(way, facts)| (way.number(), facts.len())).collect();
    assert_eq!(ways, [(1, 2), (3, 1)]);
    let says =
        |text: &str, fact: &str| Cell::Says { text: text.to_owned(), facts: vec![fact.to_owned()] };
    let none = |why: &str| Cell::None { why: why.to_owned() };
    let cells = [
        says("a number", "one is sent"),
        none("nobody keeps it"),
        says("dropped", "and one is dropped"),
        none("nothing is lost"),
        says("the sender", "one is sent"),
    ];
    assert_eq!(line.cells, cells);
}

#[test]
fn a_fact_that_the_lesson_does_not_have_is_told_with_its_line() {
    assert_eq!(
        refused(&LINE.replace("facts = [\"and one", "facts = [\"and two")),
        "failed to parse `guest-programs/kill-pid/map.toml`: TOML parse error at line 14, \
         column 10\n   \
         |\n\
         14 | facts = [\"and two is dropped\"]\n   \
         |          ^^^^^^^^^^^^^^^^^^^^\n\
         kill-pid has no such fact in its lesson.toml\n"
    );
    let way = refused(&LINE.replace("diverts = [\"one", "diverts = [\"none"));
    assert!(way.contains("line 2, column 12"), "{way}");
}

#[test]
fn a_cell_without_a_fact_is_refused() {
    let says = "says = \"a number\"\n";
    for (old, new, line, problem) in [
        ("says = \"a number\"\nfacts = [\"one is sent\"]", says, 5, NO_FACT),
        ("says = \"a number\"\nfacts = [\"one is sent\"]", "says = \"a\"\nfacts = []", 7, NO_FACT),
        ("diverts = [\"one is sent\"]", "diverts = []", 2, NO_FACT),
        (
            "diverts = [\"one is sent\"]\nreturns = [\"one is sent\", \"and one is dropped\"]",
            "",
            1,
            "the news comes by at least one way",
        ),
        ("none = \"nothing is lost\"\n", "", 16, "a cell has either `says` and `facts`, or `none`"),
        (
            "none = \"nothing is lost\"\n",
            "none = \"x\"\nsays = \"y\"\n",
            16,
            "`none` excludes `says` and `facts`",
        ),
        ("[loss]\nnone = \"nothing is lost\"\n", "", 1, "missing field `loss`"),
        ("[way]\n", "[way]\nasked = []\n", 2, "unknown variant `asked`"),
        ("[loss]\n", "[loss]\nwhy = \"\"\n", 17, "unknown field `why`"),
    ] {
        assert!(LINE.contains(old), "{old}");
        let error = refused(&LINE.replacen(old, new, 1));
        assert!(error.contains(problem), "{error}");
        assert!(error.contains(&format!("at line {line},")), "{error}");
    }
}

#[test]
fn a_place_that_is_built_is_refused() {
    let read = |name: &str| unbuilt(Path::new(UNBUILT), PLACES, &[name.parse().unwrap()]);
    let places = read("kill-pid").unwrap();
    assert_eq!((places.len(), places[0].name.as_str()), (1, "fault"));
    assert_eq!(
        read("fault").unwrap_err().to_string().lines().next_back(),
        Some("`fault` is built: its line is in the lesson's own map.toml")
    );
}

#[test]
fn the_map_is_text() {
    let line = Line::parse(&lesson(), LINE).unwrap();
    let unbuilt = unbuilt(Path::new(UNBUILT), PLACES, &[]).unwrap();
    let map = Map { lessons: vec![(lesson(), Some(line)), (lesson(), None)], unbuilt };
    assert_eq!(text(&map), TEXT);
}

const TEXT: &str = "\
1 your call returns
    kill-pid
2 your sleeping call wakes
3 the kernel diverts you
    kill-pid
    not built yet: fault
4 no call at all
5 somebody else is asked
    not built yet: fault

 1 kill-pid: Q?
   way                    1 your call returns
                          ✓ one is sent
                          ✓ and one is dropped
   way                    3 the kernel diverts you
                          ✓ one is sent
   carries                a number
                          ✓ one is sent
   is kept as             — nobody keeps it
   when full              dropped
                          ✓ and one is dropped
   who hears of the loss  — nothing is lost
   sent in the context of the sender
                          ✓ one is sent

 2 kill-pid: Q?
   not on the map: it has no map.toml, as `cargo xtask new` writes it

Not built yet: no run of the lab shows what is said here.

   fault: Who?
   way                    3 the kernel diverts you
   way                    5 somebody else is asked
   would show             the task itself
";
