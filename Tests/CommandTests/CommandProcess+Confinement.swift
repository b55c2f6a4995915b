import Foundation

extension CommandProcess {
    /// Whether this machine lets us make a process with PID 1.
    static let canUnshare = Self.succeeds("unshare", ["--pid", "--fork", "--kill-child", "--mount-proc", "true"])

    /// Whether this machine lets us forbid a process a system call.
    static let canFilterSystemCalls = Self.succeeds("python3", ["-c", Self.withoutIPv6, "/bin/true"])

    /// A Python program that runs its arguments in a process to which IPv6 sockets are an unknown family, as on a kernel
    /// without IPv6: a seccomp filter of six BPF instructions answers socket(AF_INET6, ...) with EAFNOSUPPORT.
    static let withoutIPv6 = """
        import ctypes, os, platform, struct, sys
        call = {"x86_64": 41, "aarch64": 198}[platform.machine()]
        program = [(0x20, 0, 0, 0), (0x15, 0, 3, call), (0x20, 0, 0, 16), (0x15, 0, 1, 10),
                   (0x06, 0, 0, 0x00050000 | 97), (0x06, 0, 0, 0x7FFF0000)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
        filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
        libc = ctypes.CDLL(None)
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
        os.execv(sys.argv[1], sys.argv[1:])
        """

    private static func succeeds(_ program: String, _ arguments: [String]) -> Bool {
        guard let process = try? Self.start(arguments, program: program) else { return false }
        var status: Int32 = 0
        while waitpid(process.pid, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }
}
