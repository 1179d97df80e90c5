//! A status page for people, in one file.

mod card;
mod timeline;

use std::fmt::{self, Write as _};

use super::words;
use crate::escape::is_hostile;
use crate::report::{Instant, Status};
use crate::snapshot::{Snapshot, Watched};

/// One self-contained page: what is how, until when, and what to do about it, with a picture of each
/// chain over time.
///
/// - No script, no font, no picture from elsewhere, no link out: the header `Content-Security-Policy:
///   default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';
///   frame-ancestors 'none'` fits, and should be sent, with `text/html; charset=utf-8`.
/// - Dark, for those who are woken up, whatever their system is set to; light on paper.
///   Every status is a word and a shape too. It fits phones.
/// - What fails comes first, then what is unknown, what warns, what passes; among those of a status
///   what ends first, and before it what has no end that is known. What passes is folded, and so is
///   what comes after the first ten of a status: its row says why.
/// - It is well-formed XML too. Text of peers is escaped; what controls the display is written as
///   `\u{202e}`.
/// - It shows one [`Snapshot`], and does not reload itself: send `Refresh: 60` where a wall is to show
///   it.
///
/// It tells names, addresses and messages of your network: do not show it to strangers.
///
/// A target with a chain of two certificates takes some 2 kB, the rest 14 kB: a page of 500 targets is
/// 1 MB, which a browser lays out as far as it is looked at, and gzip makes a thirtieth of.
#[must_use]
pub fn page(snapshot: &Snapshot) -> String {
    // Writing to a String can't fail.
    Page(snapshot).to_string()
}

struct Page<'a>(&'a Snapshot);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(snapshot) = self;
        let (status, headline) = (snapshot.status(), words::headline(snapshot));
        let taken = Instant(snapshot.taken_at());
        write!(
            f,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"referrer\" content=\"no-referrer\"/>\n\
             <meta name=\"color-scheme\" content=\"dark\"/>\n\
             <title>{word}: {headline}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{SHAPES}\
             <header class=\"{status}\">\n<p class=\"kicker\">Certificates</p>\n\
             <h1>{shape}<span>{headline}</span></h1>\n\
             <p class=\"taken\">as of <time>{taken}</time></p>\n",
            word = status.as_str().to_uppercase(),
            headline = Text(&headline),
            shape = Shape(status),
        )?;
        let targets = words::by_urgency(snapshot);
        self.tiles(f)?;
        timeline::overview(f, &targets, snapshot.taken_at())?;
        f.write_str("</header>\n<main>\n")?;
        for (status, title) in GROUPS {
            let group: Vec<&Watched<'_>> = targets
                .iter()
                .filter(|(its, _)| *its == status)
                .map(|(_, target)| target)
                .collect();
            if group.is_empty() {
                continue;
            }
            writeln!(
                f,
                "<section id=\"{status}\" class=\"{status}\">\n<h2>{title} \
                 <span class=\"count\">{}</span></h2>",
                group.len()
            )?;
            for (index, target) in group.into_iter().enumerate() {
                card::write(f, status, target, status != Status::Pass && index < OPEN)?;
            }
            f.write_str("</section>\n")?;
        }
        f.write_str(
            "</main>\n<footer><p>This page shows one snapshot, and does not reload itself. A horizon \
             is the last second in which clients go on; it is about the calendar only.</p></footer>\n\
             </body>\n</html>\n",
        )
    }
}

impl Page<'_> {
    /// How many are how, each with a way to the first of them.
    fn tiles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<nav aria-label=\"By status\">\n")?;
        for (status, _) in GROUPS {
            let (count, shape) = (self.0.count(status), Shape(status));
            let inside = format!("{shape}<b>{count}</b><span>{status}</span>");
            if count == 0 {
                writeln!(f, "<span class=\"tile none\">{inside}</span>")?;
            } else {
                writeln!(f, "<a class=\"tile {status}\" href=\"#{status}\">{inside}</a>")?;
            }
        }
        f.write_str("</nav>\n")
    }
}

/// A status as a shape, for those who do not tell its colour from another.
struct Shape(Status);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<svg class=\"shape\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">\
             <use href=\"#shape-{}\"></use></svg>",
            self.0
        )
    }
}

/// Text, be it a peer's, between tags and in attributes.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            // The last two are no characters of XML (XML 1.0 section 2.2).
            _ if is_hostile(char) || matches!(char, '\u{fffe}' | '\u{ffff}') => {
                write!(f, "{}", char.escape_unicode())
            }
            _ => f.write_char(char),
        })
    }
}

const GROUPS: [(Status, &str); 4] = [
    (Status::Fail, "Failing"),
    (Status::Unknown, "Unknown"),
    (Status::Warn, "Warning"),
    (Status::Pass, "Passing"),
];

/// So many cards of a status are open.
const OPEN: usize = 10;

const STYLE: &str = include_str!("style.css");

/// An octagon, a question mark in a ring, a triangle, a tick in a disc.
const SHAPES: &str = "<svg class=\"shapes\" aria-hidden=\"true\" width=\"0\" height=\"0\">\
<symbol id=\"shape-fail\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" fill-rule=\"evenodd\" \
d=\"M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7zM4.4 5.8 6.6 8l-2.2 2.2 1.4 1.4L8 9.4l2.2 2.2 \
1.4-1.4L9.4 8l2.2-2.2-1.4-1.4L8 6.6 5.8 4.4z\"/></symbol>\
<symbol id=\"shape-unknown\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"6.9\" fill=\"none\" \
stroke=\"currentColor\" stroke-width=\"2\" stroke-dasharray=\"3.2 2.2\"/><path fill=\"none\" \
stroke=\"currentColor\" stroke-width=\"1.8\" d=\"M5.9 6.3c0-1.4 1-2.2 2.1-2.2s2.2.8 2.2 2c0 1.6-2.1 \
1.6-2.1 3.3\"/><circle cx=\"8.1\" cy=\"11.6\" r=\"1.1\" fill=\"currentColor\"/></symbol>\
<symbol id=\"shape-warn\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" fill-rule=\"evenodd\" \
d=\"M8 .6 16 15H0zM7 5.4v4.8h2V5.4zm0 6v2h2v-2z\"/></symbol>\
<symbol id=\"shape-pass\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" fill-rule=\"evenodd\" \
d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM6.9 11.9 3.4 8.4l1.4-1.4 2.1 2.1 4.3-4.3 1.4 1.4z\"/></symbol>\
</svg>\n";

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::fixtures::{AT, ENDED, SOON, Scene, refused, report};

    fn card(page: &str, label: &str) -> String {
        let label = format!("<bdi>{label}</bdi>");
        let card = page.split("<article").find(|card| card.contains(&label)).unwrap();
        card.split("</article>").next().unwrap().to_owned()
    }

    #[test]
    fn what_could_not_be_seen_says_why() {
        let why = "connect failed for https://down.example:443 at 192.0.2.1:443: the connection was \
                   refused: Connection refused (os error 111)";
        let page = page(
            &Scene::new()
                .unseen("new")
                .looked("down", &[(0, Err(refused()))])
                .failing("stale", vec![report("stale", AT)], refused())
                .looked("half", &[(0, Ok((vec![report("half", AT)], vec![refused()])))])
                .taken(),
        );
        let new = card(&page, "new");
        assert!(new.starts_with(" class=\"unknown\"><details open"), "{new}");
        assert!(new.contains("<p class=\"lead\">nothing was seen yet</p>"), "{new}");
        assert!(!new.contains("<figure"), "{new}");
        assert!(card(&page, "down").contains(&format!("<p class=\"lead\">{why}</p>")));
        let stale = card(&page, "stale");
        assert!(stale.starts_with(" class=\"pass\"><details><summary>"), "{stale}");
        assert!(stale.contains("<span class=\"old\">stale</span>"), "{stale}");
        let line = format!("<p class=\"stale\">last seen 1 minute ago: {why}</p>");
        assert!(stale.contains(&line), "{stale}");
        let half = card(&page, "half");
        assert!(half.contains(&format!("<p class=\"stale\">{why}</p>")), "{half}");
        assert!(half.contains("<figure"), "{half}");
    }

    #[test]
    fn what_is_too_old_is_unknown_and_keeps_its_picture() {
        let scene = Scene::new()
            .seen("old", vec![report("old", AT)], 1_800)
            .max_age(Duration::from_secs(60));
        let page = page(&scene.taken());
        let old = card(&page, "old");
        assert!(old.starts_with(" class=\"unknown\""), "{old}");
        assert!(old.contains("<p class=\"lead\">last seen 30 minutes ago</p>"), "{old}");
        assert!(old.contains("horizon 2030-03-31") && old.contains("<figure"), "{old}");
    }

    #[test]
    fn only_the_first_ten_of_a_status_are_open() {
        let mut scene = Scene::new();
        for index in 0..12 {
            scene = scene.seen(&format!("over{index}"), vec![report("over", ENDED)], 1).seen(
                &format!("soon{index}"),
                vec![report("soon", SOON)],
                1,
            );
        }
        let page = page(&scene.taken());
        assert_eq!(page.matches("<details open").count(), 20);
        assert_eq!(page.matches("<span class=\"why\">").count(), 24);
    }

    #[test]
    fn text_is_escaped_once() {
        let text = Text("<b> & \"it's\" \u{202e}\u{ffff}\n").to_string();
        assert_eq!(text, "&lt;b&gt; &amp; &quot;it&#39;s&quot; \\u{202e}\\u{ffff}\\u{a}");
    }
}
