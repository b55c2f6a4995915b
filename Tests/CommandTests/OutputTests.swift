import Foundation
import Testing

@testable import ApusCommand

/// Text that peers choose cannot drive a terminal or forge a line.
struct OutputTests {
    @Test(arguments: [
        ("plain /ipfs/id/1.0.0", "plain /ipfs/id/1.0.0"), ("two\nlines", "two\\nlines"),
        ("\u{1b}[31mred", "\\u{1b}[31mred"),
        ("\u{9b}31m", "\\u{9b}31m"), ("a\u{202e}b", "a\\u{202e}b"), ("Käse 🧀", "Käse 🧀"), ("\u{2028}", "\\u{2028}"),
    ])
    func `what a terminal would obey is escaped`(_ text: String, _ expected: String) {
        #expect(Printable.text(text) == expected)
    }

    @Test func `strings of JSON come back as they were, and are printable`() throws {
        let text = "\"quotes\", \\ and \u{1b}[31m \u{7f} \u{9b} \n\t\r \u{2028} Käse 🧀"
        let json = JSONText.object(["text": .string(text)]).text
        #expect(!json.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String]
        #expect(object == ["text": text])
    }

    @Test func `an object keeps the order of its keys`() {
        let value = JSONText.object([
            "z": .integer(1), "a": .array([.null, .bool(true), .decimal(0.5, digits: 2)]), "m": .strings(["x"]),
        ])
        #expect(value.text == #"{"z":1,"a":[null,true,0.50],"m":["x"]}"#)
    }

    @Test func `numbers that JSON has not are null`() {
        #expect(JSONText.decimal(.infinity, digits: 1).text == "null")
    }

    @Test func `a text is wrapped at blanks`() {
        #expect(TextLayout.wrap("one two three", width: 7) == ["one two", "three"])
        #expect(TextLayout.wrap("", width: 7).isEmpty)
        #expect(TextLayout.wrap("incompressible", width: 3) == ["incompressible"])
    }
}
