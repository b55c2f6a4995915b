import Bytes
import MultistreamSelect

/// The messages of multistream-select, written here by the rules of its README and not by the module under test.
func messages(_ texts: String...) -> [UInt8] {
    texts.flatMap { text -> [UInt8] in
        let count = text.utf8.count + 1
        let length = count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)]
        return length + Array(text.utf8) + [10]
    }
}

let multistreamHeader = "/multistream/1.0.0"

/// What a machine was given and what it left unread.
struct Fed: Equatable {
    var agreed: String?
    var output: [UInt8] = []
    var unread: [UInt8] = []
}

extension MultistreamDialer {
    /// Hands `input` in piece by piece, as a connection would: what is behind the negotiation is not handed in again.
    mutating func feed(_ pieces: [[UInt8]]) throws -> Fed {
        var fed = Fed(output: self.takeOutput())
        for piece in pieces {
            var reader = BytesReader(Bytes(piece))
            fed.agreed = try self.receive(&reader)
            fed.output += self.takeOutput()
            fed.unread += reader.readRest()
        }
        return fed
    }

    mutating func takeOutput() -> [UInt8] { self.nextOutput().map { Array($0) } ?? [] }
}

extension MultistreamListener {
    mutating func feed(_ pieces: [[UInt8]], offers: [String]) throws -> Fed {
        var fed = Fed(output: self.takeOutput())
        for piece in pieces {
            var reader = BytesReader(Bytes(piece))
            fed.agreed = try self.receive(&reader, accepts: offers.contains, list: { offers })
            fed.output += self.takeOutput()
            fed.unread += reader.readRest()
        }
        return fed
    }

    mutating func takeOutput() -> [UInt8] { self.nextOutput().map { Array($0) } ?? [] }
}

/// `bytes` in two pieces at each place, and in pieces of one byte.
func splits(_ bytes: [UInt8]) -> [[[UInt8]]] {
    (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] } + [bytes.map { [$0] }]
}
