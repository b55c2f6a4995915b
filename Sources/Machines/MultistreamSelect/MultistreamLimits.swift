/// What this module accepts from a peer, and what it sends.
public enum MultistreamLimits {
    /// Bytes in a message, its newline included: what go-multistream and js-libp2p read (rust-libp2p reads 16,383).
    ///
    /// It bounds what is kept of a message that has not arrived whole, and every message that is sent.
    public static let messageSize = 1024
    /// Proposals that a listener refuses before it gives up; real dialers make fewer than ten.
    public static let refusedProposals = 100
    /// Listings that a listener sends before it gives up; a dialer needs one.
    public static let listings = 4
}
