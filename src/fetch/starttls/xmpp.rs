//! XMPP, of clients and between servers (RFC 6120 section 5).

use std::net::IpAddr;

use super::xml::{Token, attribute, first_token};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};
use crate::target::Host;

/// Opens a stream, looks for starttls among the features of the server's, and asks for it.
#[derive(Debug)]
pub(super) struct Xmpp {
    header: String,
    state: State,
    /// The elements that are open, the stream first.
    open: Vec<Vec<u8>>,
    offered: bool,
    /// What the element inside the stream says: the names of its children, and their text.
    words: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Silence,
    /// The declaration may come.
    Beginning,
    /// The header has to come.
    Header,
    Features,
    GoAhead,
}

impl Xmpp {
    /// A stream of a client to the domain.
    pub(super) fn client(domain: &Host) -> Self {
        Self::to(domain, "xmlns='jabber:client'")
    }

    /// A stream of a server to the domain. It does not say whose it is: we speak for none.
    pub(super) fn server(domain: &Host) -> Self {
        Self::to(domain, "xmlns='jabber:server' xmlns:db='jabber:server:dialback'")
    }

    fn to(domain: &Host, namespaces: &str) -> Self {
        let domain = match domain {
            // RFC 7622 section 3.2.
            Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            host => host.to_string(),
        };
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' {namespaces} \
             xmlns:stream='http://etherx.jabber.org/streams'>"
        );
        Self { header, state: State::Silence, open: Vec::new(), offered: false, words: Vec::new() }
    }

    /// The header of the server's stream.
    fn begun(&mut self, attributes: &[u8], taken: usize) -> Result<Step, Refusal> {
        // A server from before XMPP 1.0 sends no features (section 4.7.5).
        match attribute(attributes, b"version") {
            Some(version) if !version.starts_with(b"0") => {
                self.state = State::Features;
                Ok(Step::take(taken))
            }
            _ => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
        }
    }

    /// An element inside the stream.
    fn started(&mut self, raw: &[u8], name: &[u8]) -> Result<(), Refusal> {
        match self.open.len() {
            DEEPEST.. => return Err(Refusal::unreadable(raw)),
            1 => self.words.clear(),
            2 => {
                // Whatever is not the features ends the dialogue.
                self.offered |= name == b"starttls";
                if name != b"text" {
                    self.say(name);
                }
            }
            _ => {}
        }
        self.open.push(name.to_vec());
        Ok(())
    }

    fn say(&mut self, words: &[u8]) {
        let words = words.trim_ascii();
        // More than is shown of them need not be kept.
        if self.words.len() > MOST_WORDS {
            return;
        }
        if !self.words.is_empty() && !words.is_empty() {
            self.words.push(b' ');
        }
        self.words.extend_from_slice(words);
    }

    /// The end of an element, where it is the one that is open.
    fn ended(&mut self, raw: &[u8], name: &[u8]) -> Result<Step, Refusal> {
        let taken = raw.len();
        if self.open.len() < 2 || self.open.pop_if(|open| open == name).is_none() {
            return Err(Refusal::unreadable(raw));
        }
        if self.open.len() > 1 {
            return Ok(Step::take(taken));
        }
        match (self.state, name) {
            (State::Features, b"features") if self.offered => {
                self.state = State::GoAhead;
                Ok(Step::answer(taken, STARTTLS))
            }
            (State::Features, b"features") => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
            (State::GoAhead, b"proceed") => Ok(Step::Done { taken }),
            (State::GoAhead, b"failure") | (_, b"error") => {
                Err(Refusal::new(FetchErrorKind::StartTlsRefused).saying(&self.words))
            }
            _ => Err(Refusal::unreadable(raw)),
        }
    }
}

impl Dialogue for Xmpp {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if self.state == State::Silence {
            self.state = State::Beginning;
            return Ok(Step::answer(0, self.header.as_bytes()));
        }
        let Some((token, taken)) = first_token(input)? else {
            return Ok(Step::Wait);
        };
        let raw = &input[..taken];
        match (self.state, token) {
            (State::Beginning, Token::Declaration) => {
                self.state = State::Header;
                Ok(Step::take(taken))
            }
            (
                State::Beginning | State::Header,
                Token::Start { name: b"stream", attributes, empty: false },
            ) => {
                self.open.push(b"stream".to_vec());
                self.begun(attributes, taken)
            }
            (State::Features | State::GoAhead, Token::Start { name, empty, .. }) => {
                self.started(raw, name)?;
                if empty { self.ended(raw, name) } else { Ok(Step::take(taken)) }
            }
            (State::Features | State::GoAhead, Token::End { name }) => self.ended(raw, name),
            (_, Token::Text(text)) if text.trim_ascii().is_empty() => Ok(Step::take(taken)),
            (_, Token::Text(text)) if self.open.len() > 1 => {
                self.say(text);
                Ok(Step::take(taken))
            }
            _ => Err(Refusal::unreadable(raw)),
        }
    }
}

/// As many as an error shows, each of four bytes.
const MOST_WORDS: usize = 1024;

/// Features nest a few elements deep; each that is open is remembered.
const DEEPEST: usize = 16;

const STARTTLS: &[u8] = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const HELLO: &str = "<?xml version='1.0'?><stream:stream to='im.example' version='1.0' \
                         xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    const ASKED: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    /// What Prosody says.
    const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                          from='im.example' id='1' version='1.0' xml:lang='en' \
                          xmlns:stream='http://etherx.jabber.org/streams'>";
    const FEATURES: &str = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>\
                            <required/></starttls></stream:features>";
    const PROCEED: &str = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    fn xmpp() -> Xmpp {
        Xmpp::client(&"im.example".parse().unwrap())
    }

    fn held(server: &[&str]) -> Outcome {
        hold(xmpp, server.concat())
    }

    fn agreed(left: usize) -> Outcome {
        Outcome::Agreed { said: [HELLO, ASKED].concat(), left }
    }

    fn refused(words: &str) -> Outcome {
        Outcome::refused(FetchErrorKind::StartTlsRefused, words)
    }

    #[test]
    fn starttls_is_asked_for_where_it_is_offered() {
        assert_eq!(held(&[]), Outcome::Waiting);
        assert_eq!(held(&[HEADER, FEATURES, PROCEED]), agreed(0));
    }

    #[test]
    fn tags_may_be_written_in_other_ways() {
        for (features, proceed) in [
            ("<s:features><t:starttls/></s:features>", "<t:proceed></t:proceed>"),
            ("<features>\n <starttls ></starttls >\n</features>", "<proceed a='>' > </proceed>"),
            ("<f:features><sasl><m>PLAIN</m></sasl><starttls/></f:features>", "<proceed />"),
        ] {
            assert_eq!(held(&[HEADER, features, proceed]), agreed(0), "{features}");
        }
        // The declaration may be left out, and white space keeps a connection alive.
        let header = "\n<stream version=\"1.1\">\r\n";
        assert_eq!(held(&[header, FEATURES, "  ", PROCEED]), agreed(0));
    }

    #[test]
    fn a_server_without_the_feature_does_not_offer_it() {
        for features in [
            "<stream:features/>",
            "<stream:features></stream:features>",
            "<stream:features><mechanisms><starttls/></mechanisms></stream:features>",
            "<stream:features>starttls</stream:features>",
        ] {
            let outcome = held(&[HEADER, features]);
            assert_eq!(outcome, Outcome::refused(FetchErrorKind::StartTlsNotOffered, ""));
        }
    }

    #[test]
    fn a_server_of_an_older_version_sends_no_features() {
        for header in ["<stream:stream>", "<stream:stream version='0.9'>"] {
            assert_eq!(held(&[header]), Outcome::refused(FetchErrorKind::StartTlsNotOffered, ""));
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let error = "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
                     <text xml:lang='en'>This server does not\nserve you</text></stream:error>";
        let words = "host-unknown This server does not serve you";
        assert_eq!(held(&[HEADER, error]), refused(words));
        assert_eq!(held(&[HEADER, FEATURES, error]), refused(words));
        let failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
        assert_eq!(held(&[HEADER, FEATURES, failure]), refused(""));
    }

    #[test]
    fn an_unfinished_stream_is_waited_for() {
        let server = [HEADER, FEATURES, PROCEED].concat();
        for end in 0..server.len() {
            assert_eq!(hold(xmpp, &server[..end]), Outcome::Waiting, "{end}");
        }
        assert_eq!(held(&[HEADER, FEATURES, "<proceed>"]), Outcome::Waiting);
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        // Not even white space may (RFC 6120 section 5.3.3).
        for injected in ["\n", "<stream:features/>"] {
            assert_eq!(held(&[HEADER, FEATURES, PROCEED, injected]), agreed(injected.len()));
        }
    }

    #[test]
    fn what_is_no_stream_is_no_success() {
        for server in [
            "220 mail.example ESMTP\r\n",
            "<html>",
            "<stream:stream version='1.0'/>",
            "<?xml version='1.0'?><?xml version='1.0'?>",
            "<?xml version='1.0'?><!DOCTYPE a>",
            "</stream:stream>",
        ] {
            let kind = held(&[server]).kind();
            assert_eq!(kind, Some(FetchErrorKind::UnreadableReply), "{server}");
        }
        for server in [
            PROCEED,
            "</stream:stream>",
            "<stream:features></stream:stream>",
            "<stream:features><starttls></stream:features>",
            "<?xml version='1.0'?>",
            "<!-- -->",
            "text<",
            "<iq/>",
            "<failure/>",
        ] {
            let kind = held(&[HEADER, server]).kind();
            assert_eq!(kind, Some(FetchErrorKind::UnreadableReply), "{server}");
        }
        for server in [FEATURES, "<starttls/>", "<stream:proceed><a></proceed>", "go\n"] {
            let kind = held(&[HEADER, FEATURES, server]).kind();
            assert_eq!(kind, Some(FetchErrorKind::UnreadableReply), "{server}");
        }
    }

    #[test]
    fn the_stream_goes_to_the_domain() {
        let said = |dialogue: fn(&Host) -> Xmpp, domain: &str| {
            let domain = domain.parse().unwrap();
            hold(|| dialogue(&domain), [HEADER, FEATURES, PROCEED].concat()).said()
        };
        assert!(said(Xmpp::client, "192.0.2.1").contains(" to='192.0.2.1' "));
        assert!(said(Xmpp::client, "2001:db8::1").contains(" to='[2001:db8::1]' "));
        assert_eq!(
            said(Xmpp::server, "im.example"),
            "<?xml version='1.0'?><stream:stream to='im.example' version='1.0' \
             xmlns='jabber:server' xmlns:db='jabber:server:dialback' \
             xmlns:stream='http://etherx.jabber.org/streams'>\
             <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        );
    }
}
