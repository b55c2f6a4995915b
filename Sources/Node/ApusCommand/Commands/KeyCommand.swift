import Apus

/// `apus key`: makes and shows the private keys that peers are known by.
enum KeyCommand {
    static let type = Option(
        "type", "TYPE", ValueFormat<KeyType>.word, defaults: ["ed25519"],
        help: "ed25519, secp256k1, ecdsa or rsa. Every peer understands ed25519; take it unless you have a reason.")
    static let bits = Option(
        "bits", "N", .integer(2_048...8_192),
        help: "The size of an rsa key: 2048 unless another is given.")
    static let out = Option(
        "out", "FILE", .file,
        help: "Write the key to this new file, which only its owner may read. A file that exists is never replaced.")

    static let generate = Command(
        "key", "generate", summary: "make a private key",
        discussion:
            "With --out the key goes to a file in the form that every libp2p implementation reads (the PrivateKey "
            + "protobuf), and its PeerID is printed. Without, the key itself is printed on standard output: the same protobuf "
            + "in base64, on one line. Whoever has it can be the peer.",
        options: [Self.type.declaration, Self.bits.declaration, Self.out.declaration],
        examples: [
            Command.Example("apus key generate --out peer.key", "Makes an Ed25519 key file and prints its PeerID."),
            Command.Example(
                "apus key generate --type rsa --bits 4096 --json", "Prints an RSA key in base64, in an object."),
        ],
        perform: Self.performGenerate)

    static let show = Command(
        "key", "show", summary: "show who a private key belongs to",
        discussion:
            "It prints the PeerID in both of its texts, the type, and the public key (its protobuf in base64); nothing "
            + "of the secret. If others than the owner may read the file, a line on standard error says so.",
        operands: [
            Command.Operand(
                "FILE", help: "A key file: the PrivateKey protobuf, as it is or in base64.", completion: .files)
        ],
        examples: [
            Command.Example(
                "apus key show ~/.local/share/apus/peer.key", "Shows the key of the node that \"apus run\" starts."),
            Command.Example("apus key generate | apus key show /dev/stdin", "Makes a key, and shows what it would be."),
        ],
        perform: Self.performShow)

    private static func performGenerate(_ invocation: Invocation) async throws {
        let type = try invocation.values[Self.type]
        let bits = try invocation.values.optional(Self.bits)
        guard type == .rsa || bits == nil else {
            throw CommandError.usage("--bits is for rsa keys alone: a key of type \(type) has one size")
        }
        let key = try PrivateKey.generate(type, rsaBits: bits ?? PrivateKey.defaultRSABits)
        guard let path = try invocation.values.optional(Self.out) else {
            let secret = Multibase.base64pad.encodeWithoutPrefix(key.protobuf)
            guard invocation.isJSON else { return try await invocation.output.line(secret) }
            return try await invocation.output.json(
                .object([
                    "peer": .string("\(key.peerID)"), "key_type": .string("\(key.type)"),
                    "private_key": .string(secret),
                ]))
        }
        let file = KeyFile(path)
        try file.write(key)
        if invocation.isJSON {
            try await invocation.output.json(
                .object([
                    "peer": .string("\(key.peerID)"), "key_type": .string("\(key.type)"), "file": .string(file.path),
                ]))
        } else {
            try await invocation.output.line("PeerID  \(key.peerID)\nFile    \(Printable.text(file.path))")
        }
    }

    private static func performShow(_ invocation: Invocation) async throws {
        let file = KeyFile(try invocation.operand(0))
        let key = try file.read(allowingExposed: true)
        file.warnIfExposed()
        let publicKey = Multibase.base64pad.encodeWithoutPrefix(key.publicKey.protobuf)
        if invocation.isJSON {
            try await invocation.output.json(
                .object([
                    "peer": .string("\(key.peerID)"), "cid": .string(key.peerID.cidText),
                    "key_type": .string("\(key.type)"), "public_key": .string(publicKey),
                ]))
        } else {
            try await invocation.output.line(
                """
                PeerID      \(key.peerID)
                CIDv1       \(key.peerID.cidText)
                Type        \(key.type)
                Public key  \(publicKey)
                """)
        }
    }
}

extension KeyFile {
    /// Says so on standard error where others may read the file.
    func warnIfExposed() {
        if self.isExposed { ErrorOutput.line("warning: \(KeyFileError.exposed(path: self.path))") }
    }
}
