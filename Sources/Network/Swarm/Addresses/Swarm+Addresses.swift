import EventLoop
public import Multiformats
import PeerIdentity
package import Transport

extension Swarm {
    /// The addresses at which enough peers in different networks see this node to believe them, without its `/p2p`.
    public var observedAddresses: [Multiaddr] { self.addressObserver.confirmed }

    /// The addresses that peers are told of, without the node's `/p2p`: those that are listened on and those that peers
    /// observed, as `SwarmConfiguration.announce` completes and filters them.
    public var announcedAddresses: [Multiaddr] {
        self.configuration.announce.addresses(found: self.listenAddresses + self.observedAddresses)
    }

    /// The addresses that the local networks are told of: those that are announced, without what peers observed.
    package var locallyAnnouncedAddresses: [Multiaddr] {
        self.configuration.announce.addresses(found: self.listenAddresses)
    }

    /// Takes the word of the connection's peer for where it sees this node (libp2p identify, "observedAddr").
    package func observed(_ address: Multiaddr, over connection: Connection) {
        self.addressObserver.observe(address, over: connection, listeners: self.boundAddresses)
    }

    /// The keeper of what peers see, which tells subscribers and services when an address is believed or is no longer.
    static func addressObserver(
        _ configuration: SwarmConfiguration, _ peer: PeerID, on loop: EventLoop, _ events: EventBroadcaster<NodeEvent>,
        _ hooks: SwarmHooks
    ) -> AddressObserver {
        AddressObserver(configuration.observedAddresses, on: loop) { change in
            for address in change.confirmed {
                events.send(.addressConfirmed((try? address.appending(peer)) ?? address))
            }
            for address in change.expired { events.send(.addressExpired((try? address.appending(peer)) ?? address)) }
            hooks.protocolsChanged()
        }
    }
}
