//! How an application tests that somebody is told before its certificate ends.
//!
//! ```text
//! cargo test --example integration_test    the tests, as they would stand in a folder `tests`
//! cargo run --example integration_test     one of their servers, looked at
//! ```

use notafter::report::Severity;
use notafter::testing::Server;
use notafter::{Report, Status};
use time::Duration;

/// The application: whom it tells of what it saw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Alert {
    Nobody,
    /// A ticket, for somebody to look at in the morning.
    Ticket,
    /// The one on call, now.
    Page,
}

impl Alert {
    fn of(report: &Report) -> Self {
        match report.status() {
            Status::Pass => Self::Nobody,
            Status::Warn if report.worst().map(|it| it.severity()) < Some(Severity::Critical) => {
                Self::Ticket
            }
            // What could not be told is looked at by people.
            Status::Warn | Status::Fail | Status::Unknown => Self::Page,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::expiring_in(Duration::days(3));
    let report = server.checker().check(&server.target()).await?;
    println!("{report}\n\nwhom it tells: {:?}", Alert::of(&report));
    println!("its tests: cargo test --example integration_test");
    Ok(())
}

#[cfg(test)]
mod tests {
    use notafter::testing::{Clock, Pki, Server};
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::Alert;

    /// The shortest: a real server, and the system's clock.
    #[tokio::test]
    async fn somebody_is_paged_before_the_certificate_ends() {
        let server = Server::expiring_in(Duration::days(3));
        let report = server.checker().check(&server.target()).await.unwrap();
        assert_eq!(Alert::of(&report), Alert::Page, "{report}");
    }

    #[tokio::test]
    async fn nobody_is_told_of_a_sound_certificate() {
        let server = Server::expiring_in(Duration::days(60));
        let report = server.checker().check(&server.target()).await.unwrap();
        report.assert_pass();
        assert_eq!(Alert::of(&report), Alert::Nobody);
    }

    /// A clock that the test moves takes the server through the whole life of a certificate.
    #[tokio::test]
    async fn it_gets_louder_until_the_renewal_is_seen() {
        let clock = Clock::at(DAY_ONE);
        let server = Server::expiring_at(clock.now() + Duration::days(60));
        let (checker, target) = (server.checker(), server.target());
        let alert = async || {
            Alert::of(&checker.check_at(&target, clock.now()).await.expect("the server answers"))
        };
        assert_eq!(alert().await, Alert::Nobody);

        clock.advance(Duration::days(40));
        assert_eq!(alert().await, Alert::Ticket, "20 days left");

        clock.advance(Duration::days(15));
        assert_eq!(alert().await, Alert::Page, "5 days left");

        clock.advance(Duration::days(6));
        assert_eq!(alert().await, Alert::Page, "it ended yesterday");

        server.present(server.chain().ending_at(clock.now() + Duration::days(90)));
        assert_eq!(alert().await, Alert::Nobody, "it is renewed");
    }

    /// What takes a report needs no server.
    #[test]
    fn somebody_is_paged_for_an_intermediate_that_ends() {
        let issuer = Pki::at(DAY_ONE).root("Test Root").intermediate("Test CA");
        let issuer = issuer.ending_at(DAY_ONE + Duration::days(20));
        let report = issuer.server("app.example").inspect(DAY_ONE);
        assert_eq!(Alert::of(&report), Alert::Page, "{report}");
    }

    const DAY_ONE: OffsetDateTime = datetime!(2030-01-01 0:00 UTC);
}
