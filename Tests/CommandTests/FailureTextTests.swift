import Apus
import Testing

@testable import ApusCommand

/// What to do about a failure stands behind it, as Docs/CommandLine.md promises.
struct FailureTextTests {
    @Test(
        arguments: [
            (.addressInUse, "choose another port with --listen"),
            (.addressNotAvailable, "choose an address of this machine with --listen"),
            (.permissionDenied, "choose a port above 1023 with --listen"),
            (.outOfResources, "ulimit -n"),
            (.unsupportedAddress, "choose another address with --listen"),
            (.unavailableFamily, "choose another address with --listen"),
        ] as [(TransportError.Code, String)])
    func `an address that cannot be listened on says what to choose instead`(
        _ code: TransportError.Code, _ advice: String
    ) {
        let text = FailureText.text(TransportError(code, "listen on 198.51.100.1:4001: reason"))
        #expect(text.hasPrefix("listen on 198.51.100.1:4001: reason; "))
        #expect(text.contains(advice))
    }

    @Test(
        arguments: [
            (PerfError.stalled(after: .seconds(30)), "--stall-timeout"),
            (PerfError.closed(.connectionClosed("reset")), "seems to be gone"),
            (PerfError.closed(.resetByPeer(code: 0)), "the peer's log"),
            (PerfError.tooMuchData(expected: 1), "another version"),
            (PingError.closed(.connectionClosed("reset")), "seems to be gone"),
            (PingError.mismatch, "another version"),
            (StreamError.closed(.resetByPeer(code: 5)), "the peer's log"),
            (StreamError.closed(.protocolViolation("late")), "hangs"),
            (StreamError.cannotOpen("late"), "hangs"),
            (StreamError.protocolsNotSupported(["/perf/1.0.0"]), "apus run --perf"),
            (IdentifyError.stream(.closed(.connectionClosed("reset"))), "seems to be gone"),
            (IdentifyError.endedEarly, "another version"),
        ] as [(any Error, String)])
    func `an exchange that fails says where to look`(_ error: any Error, _ advice: String) {
        let text = FailureText.text(error)
        #expect(text.hasPrefix("\(error); "))
        #expect(text.contains(advice))
    }
}
