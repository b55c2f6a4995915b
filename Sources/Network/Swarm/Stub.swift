import Multiformats
enum ListenAddresses { static func expand(_ a: Multiaddr) -> [Multiaddr] { [a] } }
final class AddressResolver: Sendable { func resolve(_ a: Multiaddr) async throws -> [Multiaddr] { [a] } }
extension Swarm { var resolver: AddressResolver { AddressResolver() } }
