//! What the tests of those who use this crate say of a report.

use super::{Code, Report, Status};

/// For tests: with the feature `testing`.
impl Report {
    /// Asserts that nothing needs doing; notes may be there.
    ///
    /// ```should_panic
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    /// # {
    /// use notafter::testing::Pki;
    /// use time::{Duration, macros::datetime};
    ///
    /// let now = datetime!(2030-01-01 0:00 UTC);
    /// let chain = Pki::at(now).root("Test Root").intermediate("Test CA").server("app.example");
    /// chain.inspect(now).assert_pass();
    /// chain.inspect(now + Duration::days(50)).assert_pass(); // 10 days left
    /// # }
    /// # #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    /// # panic!("there are no chains to judge");
    /// ```
    ///
    /// # Panics
    ///
    /// Where the status is another than [`Status::Pass`]: with what it is, and the whole report.
    #[track_caller]
    pub fn assert_pass(&self) {
        self.assert_status(Status::Pass);
    }

    /// Asserts what it comes to.
    ///
    /// # Panics
    ///
    /// Where the status is another one: with what it is, and the whole report.
    #[track_caller]
    pub fn assert_status(&self, expected: Status) {
        let status = self.status();
        assert!(status == expected, "expected the status {expected}, but it is {status}:\n{self}");
    }

    /// Asserts that there is a finding with this code, however bad.
    ///
    /// # Panics
    ///
    /// Where there is none: with the whole report.
    #[track_caller]
    pub fn assert_finding(&self, expected: Code) {
        let found = self.findings_with(expected).next().is_some();
        assert!(found, "expected the finding {expected}, but there is none:\n{self}");
    }
}
