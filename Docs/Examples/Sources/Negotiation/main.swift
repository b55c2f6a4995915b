// A protocol without IO: two machines agree on a protocol over nothing but bytes. The product ApusMachines alone.
import Bytes
import MultistreamSelect

var dialer = try MultistreamDialer(protocols: ["/chat/1.1.0", "/chat/1.0.0"])
var listener = MultistreamListener()

while dialer.agreedProtocol == nil {
    if let output = dialer.nextOutput() {
        print("dialer sends \(output.count) bytes")
        var input = BytesReader(output)
        _ = try listener.receive(&input, accepts: { $0 == "/chat/1.0.0" }, list: { ["/chat/1.0.0"] })
    }
    if let output = listener.nextOutput() {
        print("listener sends \(output.count) bytes")
        var input = BytesReader(output)
        _ = try dialer.receive(&input)
    }
}
print("agreed on \(dialer.agreedProtocol ?? "nothing")")
