//! What was seen, with the evidence.

use time::OffsetDateTime;

use super::{
    AnchorFault, AuthorityKeyIdentifierFault, Disagreement, DnsNameFault, DocumentEnd,
    NameConstraintsFault, PolicyConstraintsFault, Profile, Replacement, RevocationListFault,
    SerialNumberFault, SubjectKeyIdentifierFault, Succession, UndeterminedReason,
    UnreachableAddress, UntrustedReason,
};
use crate::chain::{DateField, DateQuirk, LateFailure, RevocationReason};
use crate::target::Host;

/// What was seen, with the evidence for it.
///
/// Text that came from a certificate or a peer is escaped already; instants are in UTC, lengths of
/// time in seconds.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum FindingKind {
    /// An address of several shows no chain in any view; like the next, told by surveys alone.
    AddressUnreachable(UnreachableAddress),
    /// Addresses show different chains to the same client: a warning where one of them is worse
    /// off, else a note, as machines may well have certificates of their own.
    AddressesDisagree(Disagreement),
    /// The trust anchor's validity period can't be judged: only its name and key are known.
    AnchorDatesUnknown {
        /// The trust anchor's name.
        anchor: String,
    },
    /// The trust anchor's own period has ended. Chrome, Android and rustls do not look at it.
    AnchorExpired {
        /// The trust anchor's name.
        anchor: String,
        /// Its last good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
    },
    /// The trust anchor's own validity period ends soon.
    AnchorExpiresSoon {
        /// The trust anchor's name.
        anchor: String,
        /// Its last good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
        /// How long it has left.
        seconds_left: i64,
        /// The policy's limit for this severity: less than this is left.
        threshold_seconds: i64,
    },
    /// A trust anchor is among the certificates sent: clients have their own.
    AnchorIncluded,
    /// The trust anchor's certificate is not as the standards want it, its dates aside: a warning
    /// where some clients refuse it, else a note.
    AnchorNonconforming {
        /// The trust anchor's name.
        anchor: String,
        /// What is wrong with it.
        #[cfg_attr(feature = "serde", serde(flatten))]
        fault: AnchorFault,
    },
    /// The trust anchor's own validity period has not begun.
    AnchorNotYetValid {
        /// The trust anchor's name.
        anchor: String,
        /// Its first good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_before: OffsetDateTime,
    },
    /// A server's certificate lists anyExtendedKeyUsage too (Baseline Requirements, 7.1.2.7.10).
    AnyExtendedKeyUsage,
    /// An authority key identifier is not as RFC 5280 and the Baseline Requirements ask. Off by
    /// default: see [`Policy::baseline_requirements`](crate::inspect::Policy::baseline_requirements).
    AuthorityKeyIdentifier {
        /// What is wrong with it.
        fault: AuthorityKeyIdentifierFault,
    },
    /// A CA certificate is used as the end-entity certificate. Self-made certificates often are
    /// both; rustls refuses them, OpenSSL and Go do not.
    CaAsEndEntity,
    /// A client's certificate lists purposes, and clientAuth is not among them.
    ClientAuthMissing {
        /// The purposes that it lists.
        purposes: Vec<String>,
    },
    /// The server refuses the client certificate that it was shown.
    ClientCertificateRejected {
        /// How it said so.
        answer: String,
    },
    /// The server refuses clients without a certificate. Its own chain was seen all the same.
    ClientCertificateRequired,
    /// A common name looks like a host's, and is not among the subject alternative names as it is
    /// written (Baseline Requirements, section 7.1.4.3): what still looks there is misled.
    CommonNameNotListed {
        /// The common names that are not listed.
        common_names: Vec<String>,
    },
    /// The name stands in the subject only, where clients no longer look (RFC 9525 section 2).
    CommonNameOnly {
        /// The subject's common names.
        common_names: Vec<String>,
    },
    /// A server's extended key usage is marked critical (Baseline Requirements, 7.1.2.7.6).
    CriticalExtendedKeyUsage,
    /// A key identifier is marked critical (RFC 5280 sections 4.2.1.1 and 4.2.1.2). OpenSSL, Go
    /// and rustls refuse the certificate.
    CriticalKeyIdentifier {
        /// Whether it is the authority's; else it is the subject's.
        authority: bool,
    },
    /// A date is encoded in a way that strict clients refuse (RFC 5280 section 4.1.2.5).
    DateEncoding {
        /// Which date.
        field: DateField,
        /// What is odd about it.
        quirk: DateQuirk,
        /// How it is encoded.
        encoded: String,
    },
    /// Clients that send no server name are shown another chain; told by surveys alone.
    DefaultCertificateDiffers(Disagreement),
    /// What is served was issued by another CA certificate than what should be: CAs choose among
    /// several at random.
    DifferentIssuer(Replacement),
    /// What is served has another key than what should be.
    DifferentKey(Replacement),
    /// A dNSName is not in the preferred name syntax (RFC 5280 section 4.2.1.6). Clients take one
    /// with underscores for a name, and pass over any other, or refuse the certificate.
    DnsNameSyntax {
        /// What is wrong with them.
        fault: DnsNameFault,
        /// The names.
        names: Vec<String>,
    },
    /// How long consumers may keep the document that holds the certificate: a new certificate is known
    /// to all of them only after that.
    DocumentCached {
        /// The `cacheDuration`.
        seconds: i64,
    },
    /// The document that holds the certificate is past its own date: consumers drop all of it.
    DocumentExpired(DocumentEnd),
    /// The document that holds the certificate is about to be past its own date.
    DocumentExpiresSoon(DocumentEnd),
    /// The same certificate was sent twice.
    Duplicate {
        /// The position of the first copy.
        of: usize,
    },
    /// The validity period has ended.
    Expired {
        /// The last good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
        /// How long ago that was.
        seconds_ago: i64,
    },
    /// The validity period has ended, and no path needs the certificate: it pages people for nothing.
    ExpiredButUnneeded {
        /// The last good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
        /// How long ago that was.
        seconds_ago: i64,
    },
    /// The validity period ends soon.
    ExpiresSoon {
        /// The last good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
        /// How long it has left.
        seconds_left: i64,
        /// The policy's limit for this severity: less than this is left.
        threshold_seconds: i64,
    },
    /// A server's certificate has no extended key usage, which public CAs may not leave out (Baseline
    /// Requirements, section 7.1.2.7.6). Apple's platforms refuse one issued since July 2019.
    ExtendedKeyUsageMissing,
    /// Clients that trust another store fail now, or earlier than those of the first.
    FailsInStore {
        /// The store's name.
        store: String,
        /// The last good second, now or once; `None` where no path that may be used leads there.
        #[cfg_attr(feature = "serde", serde(default, with = "crate::instant::option"))]
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        until: Option<OffsetDateTime>,
    },
    /// After the end of all paths there will be another: between the two, clients fail.
    GapAhead {
        /// The first second in which no path holds.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        from: OffsetDateTime,
        /// The last such second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        to: OffsetDateTime,
    },
    /// The handshake failed after the chain had come, and not for want of a client certificate.
    HandshakeFailedAfterChain {
        /// Who gave up, and why.
        failure: LateFailure,
    },
    /// Until when clients go on could not be told, as not all paths could be looked for.
    HorizonUndetermined {
        /// What it would have taken.
        reason: UndeterminedReason,
    },
    /// An intermediate that the path needs was not sent. Browsers that fetch it hide this.
    IssuerMissing {
        /// The name of the issuer.
        issuer: String,
        /// Where the certificate says that its issuer's can be got.
        ca_issuers: Vec<String>,
    },
    /// A key usage without keyCertSign on an issuer (RFC 5280 section 4.2.1.3).
    KeyCertSignMissing,
    /// An end-entity certificate that is no CA may sign certificates (RFC 5280 section 4.2.1.9).
    KeyCertSignWithoutCa,
    /// The chains for RSA and ECDSA keys differ in the names that they hold, or one of them is
    /// worse off; told by surveys alone.
    KeyTypesDisagree(Disagreement),
    /// The private key beside the certificate is another one's: no server starts with them.
    KeyMismatch {
        /// The certificate's key.
        key: String,
    },
    /// The server takes nothing that clients of today offer; its chain came in plain text.
    LegacyProtocol {
        /// The protocol version that it chose, such as `TLSv1.0`.
        protocol: String,
        /// The cipher suite that it chose.
        cipher_suite: String,
    },
    /// Bytes that are no certificate.
    MalformedCertificate {
        /// Which part is wrong, and what is wrong with it.
        reason: String,
    },
    /// Name constraints are not as RFC 5280 and the Baseline Requirements ask. Off by default: see
    /// [`Policy::baseline_requirements`](crate::inspect::Policy::baseline_requirements).
    NameConstraints {
        /// What is wrong with them.
        fault: NameConstraintsFault,
    },
    /// The certificate does not name what was asked for (RFC 9525).
    NameMismatch {
        /// What was asked for.
        reference: Host,
        /// The identifiers that the certificate presents.
        presented: Vec<String>,
    },
    /// Clients that do not look for another path fail with the end of this certificate or anchor.
    NeededByOldClients {
        /// The kind of client.
        profile: Profile,
        /// The last second of what they need.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        until: OffsetDateTime,
        /// The trust anchor's name, where it is its end.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        anchor: Option<String>,
    },
    /// The notAfter stands for 'no well-defined expiration date' (RFC 5280 section 4.1.2.5).
    NoWellDefinedExpiry,
    /// An issuer whose basic constraints do not say that it is a CA, or that has none.
    NotACa,
    /// What should be served is newer than what is: renewed, and the service was not reloaded.
    NotDeployed(Replacement),
    /// The validity period has not begun.
    NotYetValid {
        /// The first good second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_before: OffsetDateTime,
        /// How long it is until then.
        seconds_until: i64,
    },
    /// A certificate stands before one that it certifies: clients that follow the order fail.
    OutOfOrder {
        /// The position of the certificate that it certifies.
        certifies: usize,
    },
    /// Something above the end-entity certificate ends first, and clients fail with it: whoever
    /// renews by the end-entity certificate's own date comes too late.
    PathEndsBeforeEndEntity {
        /// The last good second of all paths.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        until: OffsetDateTime,
        /// The last good second of the end-entity certificate.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        end_entity_not_after: OffsetDateTime,
        /// The trust anchor's name, where it is the anchor that ends.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        anchor: Option<String>,
    },
    /// More intermediates stand below a CA than its path length allows (RFC 5280 section 4.2.1.9).
    PathLengthExceeded {
        /// How many it allows.
        path_length: u32,
        /// How many there are.
        below: usize,
    },
    /// More intermediates than [`Policy::max_path_depth`](crate::inspect::Policy::max_path_depth) allows.
    PathTooLong {
        /// How many the policy allows.
        limit: usize,
        /// How many there are, self-issued ones aside.
        depth: usize,
    },
    /// Policy constraints are not as RFC 5280 asks. Off by default: see
    /// [`Policy::baseline_requirements`](crate::inspect::Policy::baseline_requirements).
    PolicyConstraints {
        /// What is wrong with them.
        fault: PolicyConstraintsFault,
    },
    /// The handshake signature does not verify: the server holds another private key.
    PossessionFailed {
        /// What the TLS library said.
        detail: String,
    },
    /// No handshake signature could be verified: the chain is what the peer claims.
    PossessionUnproven {
        /// Why.
        detail: String,
    },
    /// A wildcard stands right below a public suffix. Chrome does not match one below a registry's;
    /// below a company's (a private one) it does. Looked for with the feature `psl`, if the policy asks.
    PublicSuffixWildcard {
        /// The dNSName.
        name: String,
        /// Whether the suffix is listed by its owner, and is not one of a registry.
        private: bool,
    },
    /// A revocation list of the issuer, given by the caller, does not list the certificate, but can't
    /// clear it either (RFC 5280 section 6.3.3). A warning where those who ask for proof refuse it
    /// then; a note where they tolerate the fault, or another list clears the certificate.
    RevocationListUnusable {
        /// The name of the issuer.
        issuer: String,
        /// What keeps the list from it.
        #[cfg_attr(feature = "serde", serde(flatten))]
        fault: RevocationListFault,
    },
    /// The certificate stands in a revocation list of its issuer, given by the caller.
    Revoked {
        /// Since when it is revoked.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        revoked_at: OffsetDateTime,
        /// Why, where the list says it.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        reason: Option<RevocationReason>,
    },
    /// The end-entity certificate is signed by its own key.
    SelfSigned,
    /// A serial number is not 1 to 20 octets and positive (RFC 5280 section 4.1.2.2).
    SerialNumber {
        /// What is wrong with it.
        fault: SerialNumberFault,
    },
    /// A server's certificate, or one above it, lists purposes, and serverAuth is not among them.
    ServerAuthMissing {
        /// The purposes that it lists.
        purposes: Vec<String>,
    },
    /// What is served is newer than what should be: the next start goes back to the old one.
    ServedNewer(Replacement),
    /// Subject alternative names have to be critical if the subject is empty, and only then.
    SubjectAltNameCriticality {
        /// Whether they are marked critical.
        critical: bool,
    },
    /// A subject key identifier is not as RFC 5280 asks. Off by default.
    SubjectKeyIdentifier {
        /// What is wrong with it.
        fault: SubjectKeyIdentifierFault,
    },
    /// It has ended, and another that it takes turns with has taken over.
    Superseded(Succession),
    /// Whether a path leads to a trust anchor could not be told.
    TrustUndetermined {
        /// What it would have taken.
        reason: UndeterminedReason,
    },
    /// An extension could not be read.
    UnreadableExtension {
        /// Its object identifier.
        oid: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate that is no issuer of any other that leads up from the end-entity certificate.
    Unrelated,
    /// No path leads to a trust anchor.
    UntrustedPath {
        /// Why.
        reason: UntrustedReason,
    },
    /// The validity period ends before it begins.
    ValidityInverted {
        /// Its first second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_before: OffsetDateTime,
        /// Its last second.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        not_after: OffsetDateTime,
    },
    /// The validity period is longer than public CAs may make it at the date of issue (CA/Browser
    /// Forum Baseline Requirements, section 6.3.2).
    ValidityTooLong {
        /// The length of the period, both ends in it.
        lifetime_seconds: i64,
        /// The limit in days of 86,400 seconds.
        limit_days: u16,
    },
    /// A key that is too weak: RSA below 2048 bits, DSA, an elliptic curve below 224 bits. As a
    /// warning, one of unknown strength; as a note, RSA of an odd size (BR, section 6.1.5).
    WeakKey {
        /// The key's kind and size.
        key: String,
    },
    /// A signature that stands on MD5 or SHA-1.
    WeakSignature {
        /// The algorithm.
        algorithm: String,
    },
}
