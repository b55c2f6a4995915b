// One import brings all layers; a program that wants less imports a layer's product.
@_exported public import Bytes
@_exported public import Cryptography
@_exported public import Discovery
@_exported public import EventLoop
@_exported public import Identify
@_exported public import MemoryTransport
@_exported public import Multiformats
@_exported public import PeerIdentity
@_exported public import Perf
@_exported public import Ping
@_exported public import PrivateNetwork
@_exported public import SOCKS5
@_exported public import SOCKSTransport
@_exported public import Swarm
@_exported public import TCPTransport
@_exported public import Telemetry
@_exported public import Transport
