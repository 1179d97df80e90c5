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
use crate::telemetry;

/// A view, and what came of it.
type Look = (View, Result<PresentedChain, FetchError>);

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

        let views = self.first_views(target, &addresses);
        let looks = self.look_at_all(target, views, deadline).await;
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

    /// Looks at all of them at once: each is a task, so that none holds up another. Where neither
    /// type of key is served, a look by all means follows, without waiting for the others.
    async fn look_at_all(
        &self,
        target: &Target,
        mut views: Vec<View>,
        deadline: Deadline,
    ) -> Vec<Look> {
        let mut tasks = JoinSet::new();
        let mut looks = Vec::with_capacity(views.len());
        let mut started = 0;
        loop {
            for view in &views[started..] {
                let (fetcher, target, view) = (self.fetcher.clone(), target.clone(), view.clone());
                let told = telemetry::Look::begin(&format_args!("{target}, {view}"));
                tasks.spawn(async move {
                    let look = told.follow(fetcher.look(&target, &view, deadline)).await;
                    (view, look)
                });
            }
            started = views.len();
            match tasks.join_next().await {
                Some(Ok(look)) => {
                    looks.push(look);
                    views.extend(view_nobody_serves(&looks));
                }
                Some(Err(_)) => {}
                None => break,
            }
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
        looks: Vec<Look>,
    ) -> (Vec<SurveyedView>, Vec<Report>) {
        let shown: Vec<(View, bool)> =
            looks.iter().map(|(view, look)| (view.clone(), look.is_ok())).collect();
        let usual = View::of(target);
        // That others are served is no excuse for refusing the clients of the target: what is shown
        // without its name, or over QUIC, does not help them.
        let is_served = |refused: &View| {
            shown.iter().any(|(view, is_shown)| {
                *is_shown
                    && view.address == refused.address
                    && (is_same_client(view, refused) || is_same_client(view, &usual))
            })
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

/// Whether two views are those of one client, their types of key and addresses aside.
fn is_same_client(one: &View, other: &View) -> bool {
    one.server_name == other.server_name && one.transport == other.transport
}

/// The view to look at by all means, where the last look says that neither type of key is served:
/// the key may be of another type, or the server too old.
fn view_nobody_serves(looks: &[Look]) -> Option<View> {
    let (last, _) = looks.last()?;
    last.key_type?;
    let is_refused = |key_type| {
        let view = View { key_type: Some(key_type), ..last.clone() };
        looks.iter().any(|(seen, look)| {
            *seen == view && look.as_ref().is_err_and(|error| is_not_served(seen, error))
        })
    };
    (is_refused(KeyType::Rsa) && is_refused(KeyType::Ecdsa))
        .then(|| View { key_type: None, ..last.clone() })
}

/// With a server name before without, as a chain that is shown with it is one for the target's
/// names; by address as they were resolved, TCP before QUIC, then by type of key. Where all means
/// were tried, what came of them stands for both types.
fn in_order(mut looks: Vec<Look>, addresses: &[SocketAddr]) -> Vec<Look> {
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
