//! What a class did well and what it did not: for each exercise, how many points, how the
//! submissions ended, who failed which check, and who made which mistake.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cell, Hundredths, State, rounded};

/// The statistics of one exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercised<'a> {
    pub lesson: &'a str,
    /// What full marks are worth.
    pub of: u32,
    /// The points of those that were graded.
    pub points: Spread,
    /// How many have full marks.
    pub full: usize,
    /// How many submissions became what.
    pub states: BTreeMap<&'static str, usize>,
    /// Who failed each check.
    pub failed: BTreeMap<&'a str, Vec<&'a str>>,
    /// Who made each known mistake.
    pub mistakes: BTreeMap<&'a str, Vec<&'a str>>,
}

/// Several numbers in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    pub count: usize,
    pub mean: Hundredths,
    pub median: Hundredths,
}

impl Spread {
    fn of(mut numbers: Vec<Hundredths>) -> Spread {
        numbers.sort_unstable();
        let (count, sum) = (numbers.len(), numbers.iter().map(|number| number.0).sum());
        let middle = |at: usize| numbers.get(at).map_or(0, |number| number.0);
        let median = rounded(middle(count.saturating_sub(1) / 2) + middle(count / 2), 2);
        Spread { count, mean: Hundredths(rounded(sum, count as u64)), median: Hundredths(median) }
    }
}

/// The percentages of all students that were graded in everything.
pub fn of_class(book: &Book) -> Spread {
    let of = book.of();
    Spread::of(book.students.iter().filter_map(|student| student.percent(of)).collect())
}

/// The statistics of each exercise, in the order of the course.
pub fn of_exercises(book: &Book) -> Vec<Exercised<'_>> {
    let exercise = |at: usize| {
        let (lesson, of) = &book.lessons[at];
        let of = *of;
        let cells =
            || book.students.iter().map(move |student| (&*student.name, &student.cells[at]));
        let points: Vec<_> = cells().filter_map(|(_, cell)| cell.points).collect();
        let full = Hundredths::of(of);
        let (mut states, mut failed, mut mistakes) =
            (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for (name, cell) in cells() {
            let Cell { state, mistake, failed: checks, .. } = cell;
            *states.entry(state.name()).or_insert(0) += 1;
            // A submission that did not run has failed no check in particular.
            let ran = matches!(state, State::Ran | State::Crashed | State::Overridden);
            for check in checks.iter().filter(|_| ran) {
                failed.entry(&**check).or_default().push(name);
            }
            if let Some(mistake) = mistake {
                mistakes.entry(&**mistake).or_default().push(name);
            }
        }
        Exercised {
            lesson,
            of,
            full: points.iter().filter(|&&points| points >= full).count(),
            points: Spread::of(points),
            states,
            failed,
            mistakes,
        }
    };
    (0..book.lessons.len()).map(exercise).collect()
}

/// The statistics as JSON:
///
/// ```json
/// {"students": 26, "graded": 25, "mean_percent": 71.5, "median_percent": 80.0,
///  "exercises": {"sigchld": {
///    "of": 6, "graded": 26, "full": 12, "mean": 4.2, "median": 5.0,
///    "states": {"ran": 25, "missing": 1},
///    "failed": {"reaps-all": ["bob"]}, "mistakes": {"one-wait": ["bob"]}}}}
/// ```
pub fn json(book: &Book) -> Value {
    let exercise = |one: Exercised<'_>| {
        let Spread { count, mean, median } = one.points;
        let value = json!({
            "of": one.of,
            "graded": count,
            "full": one.full,
            "mean": mean.json(),
            "median": median.json(),
            "states": one.states,
            "failed": one.failed,
            "mistakes": one.mistakes,
        });
        (one.lesson.to_owned(), value)
    };
    let exercises: serde_json::Map<String, Value> =
        of_exercises(book).into_iter().map(exercise).collect();
    let Spread { count, mean, median } = of_class(book);
    json!({
        "students": book.students.len(),
        "graded": count,
        "mean_percent": mean.json(),
        "median_percent": median.json(),
        "exercises": exercises,
    })
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::book;
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn the_class_is_counted_and_mistakes_have_names() {
        let found = json(&book(&Settings::default()));
        let expected = json!({
            "students": 6,
            "graded": 3,
            "mean_percent": 44.44,
            "median_percent": 33.33,
            "exercises": {
                "yards": {
                    "of": 3, "graded": 4, "full": 2, "mean": 2.25, "median": 2.5,
                    "states": {"ran": 4, "not graded": 2},
                    "failed": {"b": ["ann", "=bob"]},
                    "mistakes": {"one-wait": ["=bob"]},
                },
                "x": {
                    "of": 6, "graded": 5, "full": 1, "mean": 1.2, "median": 0.0,
                    "states": {
                        "ran": 1, "missing": 1, "refused": 1, "not compiled": 1, "crashed": 1,
                        "not graded": 1,
                    },
                    "failed": {"a": ["cat"], "b": ["cat"]},
                    "mistakes": {},
                },
            },
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn nobody_is_no_number() {
        let none = Spread { count: 0, mean: Hundredths(0), median: Hundredths(0) };
        assert_eq!(Spread::of(Vec::new()), none);
        let one = Spread { count: 1, mean: Hundredths(7), median: Hundredths(7) };
        assert_eq!(Spread::of(vec![Hundredths(7)]), one);
    }
}
