public import Foundation

/// What a Foundation error says about a file, without domain and code.
func plainReason(_ error: any Error) -> String {
  let outer = error as NSError
  let cause = (outer.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError }
  return cause?.localizedFailureReason ?? outer.localizedFailureReason ?? "\(error)"
}

/// The bytes of a file.
func contents(of url: URL) throws(DataError) -> Data {
  do { return try Data(contentsOf: url) } catch {
    throw .unreadable(path: url.path, reason: plainReason(error))
  }
}

/// Writes one JSON object a line, with sorted keys, so that equal values give equal bytes.
///
/// The file appears whole or not at all: it is written beside its place and then renamed.
public func writeJSONLines(_ values: some Sequence<some Encodable>, to url: URL) throws(DataError) {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  do {
    var data = Data()
    for value in values {
      data.append(try encoder.encode(value))
      data.append(UInt8(ascii: "\n"))
    }
    try data.write(to: url, options: .atomic)
  } catch {
    throw .unwritable(path: url.path, reason: plainReason(error))
  }
}
