#if APUS_MUTANTS
    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#endif

/// A place where the node keeps a peer from doing harm, by its name.
///
/// In every normal build each of them is on, which the compiler knows: a guard that asks here is the guard alone. A build
/// with `-Xswiftc -DAPUS_MUTANTS` is without the one that the environment variable `APUS_MUTANT` names, so that
/// `make mutants` can see the tests of each fail (Docs/Security.md).
public enum Defence: String, CaseIterable, Sendable {
    // MARK: What every decoder rests on

    /// A length that a peer claims is held against a limit before anything is waited for or allocated.
    case claimedLength
    /// A varint ends after 9 bytes, or 10 in protobuf.
    case varintLength
    /// Groups of a protobuf are nested 32 deep at most.
    case protobufGroups
    /// Sums of times and durations saturate.
    case saturatingTime

    // MARK: Multiformats

    /// An address has 1,024 bytes at most.
    case multiaddrLength
    /// An address has 32 components at most.
    case multiaddrComponents
    /// Names and paths in addresses have no control characters, which would forge lines of a log.
    case addressControlCharacters
    /// A peer ID that holds a key holds a short one.
    case peerIDLength

    // MARK: Keys and records

    /// A key's message is no longer than that of the largest key, whose check is affordable.
    case keyLength
    /// RSA keys have 2,048 to 8,192 bits.
    case rsaModulus
    /// The two halves of an Ed25519 private key belong together.
    case ed25519Halves
    /// An envelope counts with a valid signature only.
    case envelopeSignature
    /// A record is about the peer that signed it.
    case recordSigner
    /// Of a record's addresses 500 are read at most.
    case recordAddresses

    // MARK: Multistream-select

    /// A message has 1,024 bytes at most.
    case multistreamMessageSize
    /// A hundred proposals are refused, and no more.
    case multistreamProposals
    /// Four listings are sent, and no more.
    case multistreamListings

    // MARK: Noise

    /// A message of an established session has its tag.
    case noiseTag
    /// A message of an established session has room for its tag.
    case noiseMessageLength
    /// A key of small order, with which the shared secret is known to everybody, ends the handshake.
    case noiseWeakKey
    /// The static key is signed by the identity key, for this purpose.
    case noiseSignature
    /// Who is dialled is who was meant.
    case expectedPeer
    /// A peer names 100 muxers at most.
    case noiseMuxers

    // MARK: Yamux

    /// Frames of other versions end the session.
    case yamuxVersion
    /// A stream's number is the peer's to choose.
    case yamuxStreamNumber
    /// A stream is not begun twice.
    case yamuxStreamReuse
    /// No frame is longer than any window.
    case yamuxFrameLength
    /// A peer sends as much on a stream as its window allows.
    case yamuxReceiveWindow
    /// A peer's window is a number of 32 bits.
    case yamuxSendWindow
    /// Nothing follows the end of a stream's half.
    case yamuxDataBehindEnd
    /// A peer may leave 256 streams unaccepted.
    case yamuxAcceptBacklog
    /// A session has so many streams at most.
    case yamuxStreams
    /// A peer reads the answers to its pings and refused streams.
    case yamuxUnansweredFrames
    /// Pings, GoAways and small window updates come a few a millisecond.
    case yamuxIdleFrames
    /// A stream that the peer has reset is gone.
    case yamuxResetStreams
    /// A peer that shows no sign of life is given up.
    case yamuxKeepAlive
    /// A stream that nobody reads and the peer does not end is reset.
    case yamuxLinger

    // MARK: From a socket to a connection

    /// Nothing but Noise secures a connection.
    case securedOnly
    /// A socket becomes a connection in time.
    case handshakeTimeout
    /// A stream agrees on its protocol in time.
    case negotiationTimeout
    /// The streams that a peer begins at once are as many as it may leave unaccepted, also where it resets them.
    case streamsOfWakeUp
    /// The windows of a connection grow within its budget.
    case connectionWindows
    /// All windows of the node grow within its budget.
    case nodeWindows

    // MARK: Resources

    /// The node, strangers and each peer have so many connections at most.
    case connectionLimits
    /// The node, each peer, protocol and connection have so many streams at most.
    case streamLimits
    /// Streams that agree on nothing give way to others.
    case halfOpenStreams
    /// Handshakes of those who have not shown who they are give way to others.
    case halfOpenConnections
    /// Connections of a crowd of strangers give way to those who come.
    case inboundPlaces
    /// Everybody has a bound of memory.
    case memoryLimits
    /// The node has so many sockets at most.
    case socketLimits
    /// The hosts of a network have so many connections at most.
    case networkConnections
    /// The hosts of a network connect so often at most.
    case networkRate
    /// Networks without connections are forgotten.
    case networkTable
    /// A connection has so many streams of a protocol at most, where the protocol says so.
    case streamsOfProtocol
    /// A connection has so many handlers at work, those of streams included that were reset.
    case handlerTasks
    /// A flood of what is logged is none of the log.
    case logPace
    /// Above the high water connections are closed.
    case connectionTrimming

    // MARK: Dialing

    /// A peer has 64 addresses at most, and 8 KiB of them.
    case addressesOfPeer
    /// What is kept of peers takes 4 MiB at most.
    case addressBook
    /// Addresses that are dialled at once are few.
    case dialsAtOnce
    /// Addresses of a peer that are dialled at all are bounded.
    case dialledAddresses
    /// A dial has an end.
    case dialTimeout
    /// A name is asked for once.
    case nameLoops
    /// `/dnsaddr` is followed four levels deep.
    case nameLevels
    /// A name leads to 100 addresses at most.
    case nameAddresses
    /// 32 names are asked for at most.
    case nameLookups
    /// A dial has a share of the names that are looked up at once.
    case nameShares
    /// An address that others told of is left alone where it leads into a network that is not the peer's.
    case dialFilter
    /// An address that failed lately is left alone for a while.
    case dialBackOff
    /// Of the addresses that failed so many are remembered.
    case dialBackOffTable
    /// Where nobody answers over IPv6 or UDP, few attempts are made there.
    case dialBlackHoles
    /// A port and a host have a share each of the dials under way.
    case dialShares
    /// So many addresses wait to be dialled.
    case dialsWaiting

    // MARK: Who may connect

    /// A peer or an address that is denied is not dialled.
    case accessDial
    /// Nothing is said to whoever comes from an address that is denied.
    case accessAccept
    /// A peer that is denied has no connection, once it has shown who it is.
    case accessPeer
    /// What comes in a private network is encrypted with its key.
    case privateNetworkKey
    /// Whoever speaks in clear is told from the network's peers before a whole nonce has come.
    case privateNetworkClear
    /// A proxy takes the credentials, or is not used.
    case proxyCredentials
    /// What a proxy answers is SOCKS.
    case proxyVersion

    // MARK: What peers say of others and of this node

    /// A peer's signed record stands against what is said without a signature.
    case signedAddresses
    /// An older record does not take the place of one that is kept.
    case keptRecordSequence
    /// Peers that are connected or configured are not forgotten for others.
    case protectedPeers
    /// Where this node is seen is believed when observers agree.
    case observerQuorum
    /// All peers of a network are one observer.
    case observerNetworks
    /// The votes of observers are bounded.
    case observerVotes
    /// Observers in private networks do not count.
    case observerIsPublic

    // MARK: The local network

    /// A name of DNS follows so many pointers.
    case dnsPointers
    /// A message of DNS has so many questions and records.
    case dnsRecords
    /// Of all peers that are said to be on the network so many are kept.
    case mdnsPeers
    /// One sender speaks of so many peers.
    case mdnsSenders
    /// Discoveries are told at a bounded rate.
    case mdnsDiscoveries
    /// Queries are answered once a second.
    case mdnsAnswers
    /// Only addresses that mean something on the link count.
    case mdnsLinks
    /// Who spoke of a peer takes it back, and nobody else.
    case mdnsFarewells
    /// Discovered peers are dialled few at a time.
    case mdnsDials

    // MARK: Identify

    /// A message has 8 KiB at most.
    case identifyMessageSize
    /// An answer has ten messages at most.
    case identifyMessages
    /// Of a peer 1,024 protocols are kept at most.
    case identifyProtocols
    /// Of a message 500 addresses are looked at.
    case identifyAddresses
    /// An answer comes in time.
    case identifyTimeout
    /// A record is about the peer that sent it.
    case identifyRecordPeer
    /// An older record does not take the place of a newer one.
    case identifyRecordSequence
    /// A key counts where the peer's ID is made of it.
    case identifyKey
    /// Pushes are a burst of ten and one every five seconds.
    case identifyPushRate
    /// A hundred peers are remembered after they disconnected.
    case identifyRecentPeers
}

extension Defence {
    #if APUS_MUTANTS
        /// The defence that this run is without.
        private static let missing: Defence? = getenv("APUS_MUTANT").map { name in
            guard let defence = Defence(rawValue: String(cString: name)) else {
                preconditionFailure("APUS_MUTANT names no defence")
            }
            return defence
        }

        public var isOn: Bool { Self.missing != self }
    #else
        /// True, but in a build for mutants.
        @inlinable public var isOn: Bool { true }
    #endif

    /// Whether `condition` holds, which the defence demands.
    @inlinable public func holds(_ condition: Bool) -> Bool { self.isOn ? condition : true }

    /// The limit that the defence sets.
    @inlinable public func limit(_ limit: Int) -> Int { self.isOn ? limit : .max }
}
