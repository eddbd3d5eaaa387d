/// The rule of the safetensors format that a file breaks.
///
/// The rules are those of the reference reader (`safetensors/src/tensor.rs`), and duplicate
/// names besides, which the format forbids and that reader overlooks.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
  /// Fewer than the eight bytes that hold the header's length.
  case fileTooShort(bytes: Int)
  /// A header above 100,000,000 bytes.
  case headerTooLong(bytes: UInt64)
  /// A header that would reach past the end of the file.
  case headerPastEnd(header: Int, file: Int)
  /// A header that is not UTF-8.
  case headerNotText
  /// A header that does not begin with `{`.
  case headerStart
  /// A header that is not JSON.
  case headerNotJSON(byte: Int, reason: String)
  /// The same name twice.
  case duplicateName(String)
  /// Metadata other than strings by name.
  case malformedMetadata
  /// An entry without a proper dtype, shape or pair of offsets.
  case malformedEntry(tensor: String, reason: String)
  /// A dtype the format does not know.
  case unknownType(tensor: String, type: String)
  /// A size that overflows, or that does not fill whole bytes.
  case impossibleSize(tensor: String)
  /// An end before its start.
  case reversedOffsets(tensor: String)
  /// A first tensor that starts late, or bytes between two tensors.
  case gap(before: String, bytes: Int)
  /// A tensor that starts within another.
  case overlap(tensor: String, bytes: Int)
  /// Offsets that span another number of bytes than shape and dtype call for.
  case sizeMismatch(tensor: String, expected: Int, found: Int)
  /// A file that ends before its last tensor does.
  case truncated(expected: Int, found: Int)
  /// Bytes after the last tensor.
  case trailingBytes(expected: Int, found: Int)

  /// Which rule is broken, as a sentence.
  public var description: String {
    switch self {
    case .fileTooShort(let bytes): "\(bytes) bytes are too few to hold a header's length"
    case .headerTooLong(let bytes): "a header of \(bytes) bytes; at most 100000000 are allowed"
    case .headerPastEnd(let header, let file):
      "a header of \(header) bytes does not fit a file of \(file) bytes"
    case .headerNotText: "the header is not UTF-8"
    case .headerStart: "the header does not begin with '{'"
    case .headerNotJSON(let byte, let reason): "the header is not JSON: \(reason) at byte \(byte)"
    case .duplicateName(let name): "the name '\(name)' occurs twice"
    case .malformedMetadata: "'__metadata__' does not map strings to strings"
    case .malformedEntry(let tensor, let reason): "tensor '\(tensor)': \(reason)"
    case .unknownType(let tensor, let type): "tensor '\(tensor)' has the unknown dtype '\(type)'"
    case .impossibleSize(let tensor): "tensor '\(tensor)' has a size that cannot be"
    case .reversedOffsets(let tensor): "tensor '\(tensor)' ends before it starts"
    case .gap(let tensor, let bytes): "\(bytes) unused bytes before tensor '\(tensor)'"
    case .overlap(let tensor, let bytes):
      "tensor '\(tensor)' overlaps the one before it by \(bytes) bytes"
    case .sizeMismatch(let tensor, let expected, let found):
      "tensor '\(tensor)' takes \(found) bytes, its shape and dtype call for \(expected)"
    case .truncated(let expected, let found):
      "the file has \(found) bytes of \(expected): it was cut off"
    case .trailingBytes(let expected, let found):
      "the file has \(found) bytes, \(found - expected) more than its tensors"
    }
  }
}
