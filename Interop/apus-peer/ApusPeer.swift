@main struct ApusPeer { static func main() {} }
