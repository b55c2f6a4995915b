import Apus
import Foundation

/// The environment of a test suite: upper-case names in unified-testing, lower-case ones in the older test-plans.
struct ContractEnvironment {
    private let variables = ProcessInfo.processInfo.environment

    /// The value of a variable under its upper-case or else its lower-case name. An empty value, and the text `null`
    /// that the suites write for what they do not know, count as none.
    subscript(_ name: String) -> String? {
        for name in [name.uppercased(), name.lowercased()] {
            if let value = self.variables[name], !value.isEmpty, value != "null" { return value }
        }
        return nil
    }

    /// Whether this is unified-testing.
    var isUnified: Bool { self.variables["TRANSPORT"]?.isEmpty == false }

    var isDialer: Bool { self["IS_DIALER"]?.lowercased() == "true" }

    /// The IP address to listen on.
    var listenerIP: String { self["LISTENER_IP"] ?? self["IP"] ?? "0.0.0.0" }

    /// How long the whole test may take: rust, js and nim read the first name, the older suite sets the second.
    var timeout: Duration {
        for name in ["TEST_TIMEOUT_SECS", "TEST_TIMEOUT_SECONDS"] {
            if let text = self[name], let seconds = Int(text), 1..<1_000_000 ~= seconds { return .seconds(seconds) }
        }
        return .seconds(180)
    }

    /// A key of unified-testing, whose tests share one database.
    func key(_ name: String) -> String { "\(self["TEST_KEY"] ?? "")_\(name)" }

    /// A count; the default where there is none.
    func number(_ name: String, default standard: UInt64) throws(UsageError) -> UInt64 {
        guard let text = self[name] else { return standard }
        guard let number = UInt64(text) else { throw UsageError("contract: \(name) is no number: \(text)") }
        return number
    }

    /// The node that the suite asks for: it listens where it does not dial.
    func configuration() throws(UsageError) -> NodeConfiguration {
        guard let transport = self["TRANSPORT"] else {
            throw UsageError(
                "contract: the environment variable TRANSPORT (in test-plans: transport) is missing; it must be tcp")
        }
        guard transport == "tcp" else {
            throw UsageError("contract: the transport \"\(transport)\" is not supported, only tcp")
        }
        let security = self["SECURE_CHANNEL"] ?? self["SECURITY"] ?? "noise"
        guard security == "noise" else {
            throw UsageError("contract: the secure channel \"\(security)\" is not supported, only noise")
        }
        let muxer = self["MUXER"] ?? "yamux"
        guard muxer == "yamux" else {
            throw UsageError("contract: the muxer \"\(muxer)\" is not supported, only yamux")
        }
        var configuration = NodeConfiguration()
        configuration.agentVersion = "apus-peer/\(ApusVersion.agent)"
        if !self.isDialer {
            guard let ip = IPAddress(self.listenerIP) else {
                throw UsageError("contract: \"\(self.listenerIP)\" is no IP address to listen on")
            }
            configuration.listen = [Multiaddr(ip, tcp: 0)]
        }
        return configuration
    }

    /// The address to publish: the first that other hosts can dial, or one of loopback where only that was asked for.
    func publishedAddress(of node: Node) throws -> Multiaddr {
        let addresses = node.addresses
        if let address = addresses.first(where: { $0.ipAddress?.isLoopback == false }) { return address }
        if IPAddress(self.listenerIP)?.isLoopback == true, let address = addresses.first { return address }
        throw CommandError("there is no address that other hosts can dial")
    }
}
