import Bytes
import CAllocationLimit
import CLibFuzzer
import Foundation

/// `ApusFuzz list`, `ApusFuzz seeds DIRECTORY`, `ApusFuzz peer` and `ApusFuzz record dial|listen PORT NAME DIRECTORY` (see
/// `Fuzz/record`), or libFuzzer on the target that `APUS_FUZZ_TARGET` names.
@main
enum ApusFuzz {
    /// The target of this process; libFuzzer hands its callback nothing that could carry it.
    static let target = FuzzTarget.named(ProcessInfo.processInfo.environment["APUS_FUZZ_TARGET"] ?? "")

    static func main() throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "list":
            for target in FuzzTarget.all { print(target.name) }
        case "seeds" where arguments.count == 3:
            try Self.writeSeeds(to: URL(fileURLWithPath: arguments[2], isDirectory: true))
        case "peer":
            print(FixedKeys.otherPeer)
        case "record" where arguments.count == 6:
            guard let port = UInt16(arguments[3]) else { exit(2) }
            try RecordedSeeds.record(
                port: port, isDialer: arguments[2] == "dial", name: arguments[4],
                to: URL(fileURLWithPath: arguments[5], isDirectory: true))
        default:
            guard let target = Self.target else {
                FileHandle.standardError.write(Data("APUS_FUZZ_TARGET names no target; see ApusFuzz list\n".utf8))
                exit(2)
            }
            // What is made once is no execution's memory.
            target.run(Bytes())
            var count = CommandLine.argc
            var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
            exit(LLVMFuzzerRunDriver(&count, &values, testOneInput))
        }
    }

    private static func writeSeeds(to directory: URL) throws {
        for target in FuzzTarget.all {
            let folder = directory.appendingPathComponent(target.name, isDirectory: true)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (index, seed) in try target.seeds().enumerated() {
                try Data(seed).write(to: folder.appendingPathComponent("seed-\(index + 1)"))
            }
        }
    }
}

/// Runs the target on one input. libFuzzer's own main function, which is linked and not used, refers to this name.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let target = ApusFuzz.target else { return 0 }
    let input = Bytes(copying: UnsafeRawBufferPointer(start: data, count: size))
    allocation_limit_begin(target.memory)
    target.run(input)
    allocation_limit_end()
    return 0
}
