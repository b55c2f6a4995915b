import Foundation

/// The published test vectors in `Vectors/`, each file with the source it was taken from.
enum Vectors {
    static func load<Value: Decodable>(_ name: String, as _: Value.Type = Value.self) throws -> Value {
        let file = Bundle.module.bundleURL.appendingPathComponent("Vectors/\(name).json")
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
    }
}
