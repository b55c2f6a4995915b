import Foundation

/// What this process has used so far.
struct ProcessUsage {
    /// Seconds of user and system time.
    let processorTime: Double
    /// The most memory that it ever had in use, in KiB.
    let maximumResidentSize: Int

    static var now: ProcessUsage {
        var usage = rusage()
        // RUSAGE_SELF, whose type differs between systems.
        getrusage(0, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return ProcessUsage(
            processorTime: seconds(usage.ru_utime) + seconds(usage.ru_stime), maximumResidentSize: usage.ru_maxrss)
    }
}
