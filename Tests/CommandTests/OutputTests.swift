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

    @Test func `long lines of several tasks stay whole in a pipe that is full again and again`() async throws {
        let (reader, writer) = try Self.pipe()
        let reading = Task { await reader.rest(until: ContinuousClock.now + CommandProcess.patience) }
        let output = Output(descriptor: writer)
        let lines = (0..<40).map { String(repeating: "\($0)/", count: 10_000) }
        try await withThrowingTaskGroup { group in
            for part in 0..<4 {
                group.addTask {
                    for line in lines[(part * 10)..<(part * 10 + 10)] { try await output.line(line) }
                }
            }
            try await group.waitForAll()
        }
        close(writer)
        let text = try #require(await reading.value)
        #expect(Set(text.split(separator: "\n").map(String.init)) == Set(lines))
        #expect(text.utf8.count == lines.reduce(0) { $0 + $1.utf8.count + 1 })
    }

    @Test func `a line whose writer gave up in the middle is finished before the next`() async throws {
        let (reader, writer) = try Self.pipe()
        let output = Output(descriptor: writer)
        let long = String(repeating: "a", count: 1 << 20)
        let first = Task { try await output.line(long) }
        // Some of the line has come, and the pipe is full of more.
        var start = pollfd(fd: reader.descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&start, 1, 0) == 0 { await Task.yield() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        let reading = Task { await reader.rest(until: ContinuousClock.now + CommandProcess.patience) }
        try await output.line("b")
        close(writer)
        #expect(await reading.value == "\(long)\nb\n")
    }

    private static func pipe() throws -> (reader: LineReader, writer: Int32) {
        var descriptors: [Int32] = [-1, -1]
        try #require(Foundation.pipe(&descriptors) == 0)
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (LineReader(descriptor: descriptors[0]), descriptors[1])
    }
}
