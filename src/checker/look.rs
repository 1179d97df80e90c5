//! Looking at all views of one target, side by side.

use std::collections::HashSet;
use std::net::SocketAddr;

use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::Checker;
use super::survey::{Outcome, Survey, SurveyedView, is_not_served};
use crate::chain::{Peer, PresentedChain};
use crate::fetch::{Deadline, Destination, FetchError, FetchErrorKind};
use crate::report::Report;
use crate::target::{KeyType, Protocol, Subject, Target, Transport, View};

impl Checker {
    pub(super) async fn look_around(
        &self,
        target: &Target,
        at: OffsetDateTime,
    ) -> Result<Survey, FetchError> {
        let deadline = self.fetcher.start();
        let mut addresses = match self.fetcher.resolve(target, deadline).await? {
            Destination::Addresses(addresses) => addresses,
            // A proxy finds one, and does not tell which.
            Destination::ByName => Vec::new(),
        };
        let mut seen = HashSet::new();
        addresses.retain(|address| seen.insert(*address));
        let left_out = addresses.len().saturating_sub(self.survey.limit());
        addresses.truncate(self.survey.limit());

        let mut looks =
            self.look_at_all(target, self.first_views(target, &addresses), deadline).await;
        let again = views_nobody_serves(&looks);
        looks.extend(self.look_at_all(target, again, deadline).await);
        let seen = self.judge_each(target, at, in_order(looks, &addresses));
        Ok(Survey::new(target, at, seen, left_out, self.inspector.policy()))
    }

    /// Every address by either type of key, and whatever else was asked for.
    fn first_views(&self, target: &Target, addresses: &[SocketAddr]) -> Vec<View> {
        let asked = View::of(target);
        let unknown = addresses.is_empty().then_some(None);
        let mut views = Vec::new();
        for address in addresses.iter().copied().map(Some).chain(unknown) {
            let view = View { address, ..asked.clone() };
            if asked.transport == Transport::Quic {
                views.push(view);
                continue;
            }
            for key_type in [KeyType::Rsa, KeyType::Ecdsa] {
                let view = View { key_type: Some(key_type), ..view.clone() };
                if self.survey.looks_without_server_name() && view.server_name.is_some() {
                    views.push(View { server_name: None, ..view.clone() });
                }
                views.push(view);
            }
            if self.survey.looks_over_quic() && target.protocol() == Protocol::Https {
                views.push(View { transport: Transport::Quic, ..view });
            }
        }
        views
    }

    /// Looks at all of them at once: each is a task, so that none holds up another.
    async fn look_at_all(
        &self,
        target: &Target,
        views: Vec<View>,
        deadline: Deadline,
    ) -> Vec<(View, Result<PresentedChain, FetchError>)> {
        let mut tasks = JoinSet::new();
        for view in &views {
            let (fetcher, target, view) = (self.fetcher.clone(), target.clone(), view.clone());
            tasks.spawn(async move {
                let look = fetcher.look(&target, &view, deadline).await;
                (view, look)
            });
        }
        let mut looks = Vec::with_capacity(views.len());
        while let Some(ended) = tasks.join_next().await {
            looks.extend(ended.ok());
        }
        // A task that panicked leaves nothing behind but its view.
        for view in views {
            if !looks.iter().any(|(seen, _)| *seen == view) {
                let error = FetchError::unfinished(target, FetchErrorKind::Panicked);
                looks.push((view, Err(error)));
            }
        }
        looks
    }

    /// One report for each distinct chain, in the order of the views.
    fn judge_each(
        &self,
        target: &Target,
        at: OffsetDateTime,
        looks: Vec<(View, Result<PresentedChain, FetchError>)>,
    ) -> (Vec<SurveyedView>, Vec<Report>) {
        let shown: Vec<(View, bool)> =
            looks.iter().map(|(view, look)| (view.clone(), look.is_ok())).collect();
        let is_served = |asked: &View| {
            shown.iter().any(|(view, is_shown)| *is_shown && view.address == asked.address)
        };
        let mut chains: Vec<PresentedChain> = Vec::new();
        let mut reports = Vec::new();
        let mut views = Vec::with_capacity(looks.len());
        for (view, look) in looks {
            let outcome = match look {
                Ok(chain) => match chains.iter().position(|known| is_alike(known, &chain)) {
                    Some(known) => Outcome::Chain(known),
                    None => {
                        let is_default = view.server_name.is_none() && target.sni().is_some();
                        reports.push(if is_default {
                            self.judge_as(&chain, &Subject::server(target.to_string(), []), at)
                        } else {
                            self.judge(&chain, target, at)
                        });
                        chains.push(chain);
                        Outcome::Chain(chains.len() - 1)
                    }
                },
                Err(error) if is_served(&view) && is_not_served(&view, &error) => {
                    Outcome::NotServed
                }
                Err(error) => Outcome::Failed(error),
            };
            views.push(SurveyedView::new(view, outcome));
        }
        (views, reports)
    }
}

/// Whether two views show the same, in all that a report tells but the address.
fn is_alike(one: &PresentedChain, other: &PresentedChain) -> bool {
    let facts = |peer: &Peer| {
        (
            peer.possession(),
            peer.client_certificate(),
            peer.late_failure().cloned(),
            peer.is_legacy_handshake(),
        )
    };
    one.entries() == other.entries() && one.peer().map(facts) == other.peer().map(facts)
}

/// The views to look at by all means, because neither type of key is served there: the key may be
/// of another type, or the server too old.
fn views_nobody_serves(looks: &[(View, Result<PresentedChain, FetchError>)]) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    for (view, _) in looks.iter().filter(|(view, _)| view.key_type.is_some()) {
        let by_all_means = View { key_type: None, ..view.clone() };
        let refused = looks
            .iter()
            .filter(|(other, _)| View { key_type: None, ..other.clone() } == by_all_means)
            .all(|(other, look)| look.as_ref().is_err_and(|error| is_not_served(other, error)));
        if refused && !views.contains(&by_all_means) {
            views.push(by_all_means);
        }
    }
    views
}

/// With a server name before without, as a chain that is shown with it is one for the target's
/// names; by address as they were resolved, TCP before QUIC, then by type of key. Where all means were tried, what came of them stands for both types.
fn in_order(
    mut looks: Vec<(View, Result<PresentedChain, FetchError>)>,
    addresses: &[SocketAddr],
) -> Vec<(View, Result<PresentedChain, FetchError>)> {
    let tried: Vec<View> = looks
        .iter()
        .filter(|(view, _)| view.key_type.is_none() && view.transport == Transport::Tcp)
        .map(|(view, _)| view.clone())
        .collect();
    looks.retain(|(view, _)| {
        view.key_type.is_none() || !tried.contains(&View { key_type: None, ..view.clone() })
    });
    looks.sort_by_key(|(view, _)| {
        let place = addresses.iter().position(|address| Some(*address) == view.address);
        (view.server_name.is_none(), place, view.transport == Transport::Quic, view.key_type)
    });
    looks
}
