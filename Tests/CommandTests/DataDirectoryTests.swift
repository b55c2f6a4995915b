import Foundation
import Testing

@testable import ApusCommand

/// Where a node keeps its things.
struct DataDirectoryTests {
    @Test(
        arguments: [
            ("a", nil), ("a/", nil), ("a/b", "a"), ("a//b", "a/"), ("./a", "."), ("/a", nil), ("/a/", nil),
            ("/a/b/", "/a"),
            ("/", nil), ("//", nil),
        ] as [(String, String?)])
    func `a directory is in another, unless it is the process's own or the root's`(_ path: String, _ parent: String?) {
        #expect(DataDirectory(path).parent == parent)
    }

    @Test func `directories that are missing are made, whatever their names`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a/b//c/")
        try DataDirectory(path).make()
        try DataDirectory(path).make()
        #expect(FileManager.default.fileExists(atPath: directory.file("a/b/c")))
    }
}
