internal import CUV

/// What the machine has that the process runs on.
public enum Machine {
    /// Bytes of memory that the process may use: those of the machine, or of the container where that has fewer.
    public static var memory: Int {
        let total = uv_get_total_memory()
        let constrained = uv_get_constrained_memory()
        return Int(clamping: constrained > 0 ? min(total, constrained) : total)
    }
}
