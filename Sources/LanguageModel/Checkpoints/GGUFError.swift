public import Tokenization

/// The rule of GGUF, version 3, that a file breaks, or what it asks for that is not supported.
public enum GGUFError: Error, Equatable, CustomStringConvertible {
  /// A file that does not begin with `GGUF`.
  case notGGUF
  /// Another version than 3.
  case version(UInt32)
  /// Numbers with the highest byte first.
  case bigEndian
  /// More of something than the file's bytes can hold.
  case impossibleCount(of: String, UInt64)
  /// A file that ends within its header.
  case cutOff(reading: String)
  /// A name or text that is not UTF-8.
  case notText(String)
  /// A value of a type that the format does not know.
  case unknownValueType(key: String, type: UInt32)
  /// An array of arrays, which no model needs.
  case nestedArray(key: String)
  /// The same key or the same tensor twice.
  case duplicate(String)
  /// An alignment that is not a power of two from 8 to 65536.
  case impossibleAlignment(Int)
  /// A tensor without dimensions, or with more than four.
  case dimensions(tensor: String, count: UInt32)
  /// A size that is zero, overflows, or does not fill whole blocks of its type.
  case impossibleSize(tensor: String)
  /// A type of tensor that the format does not know.
  case unknownTensorType(tensor: String, type: UInt32)
  /// A type of tensor that is not read.
  case unsupportedTensorType(tensor: String, type: String)
  /// A tensor that does not lie where the ones before it end.
  case misplaced(tensor: String, expected: Int, found: UInt64)
  /// A file that ends before its last tensor does.
  case truncated(expected: Int, found: Int)
  /// Bytes after the last tensor.
  case trailingBytes(expected: Int, found: Int)
  /// A key that a llama model needs and that is missing, or of another type.
  case missingKey(String)
  /// A model or a setting that is not supported.
  case unsupported(key: String, value: String)
  /// A tokenizer that is not one that we read.
  case tokenizer(TokenizerFileError)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .notGGUF: "it does not begin with 'GGUF'; name a file in that format"
    case .version(let version): "GGUF version \(version); convert it to version 3"
    case .bigEndian: "its numbers have the highest byte first; convert it to little-endian"
    case .impossibleCount(let what, let count):
      "\(count) \(what) cannot be in a file of this size; download it again"
    case .cutOff(let what): "it ends within \(what); download it again"
    case .notText(let what): "\(what) is not UTF-8; download it again"
    case .unknownValueType(let key, let type): "key '\(key)' has the unknown value type \(type)"
    case .nestedArray(let key): "key '\(key)' is an array of arrays, which is not supported"
    case .duplicate(let name): "'\(name)' occurs twice; convert the model again"
    case .impossibleAlignment(let value):
      "'general.alignment' is \(value); allowed are powers of two from 8 to 65536"
    case .dimensions(let tensor, let count):
      "tensor '\(tensor)' has \(count) dimensions; allowed are 1 to 4"
    case .impossibleSize(let tensor): "tensor '\(tensor)' has a size that cannot be"
    case .unknownTensorType(let tensor, let type): "tensor '\(tensor)' has the unknown type \(type)"
    case .unsupportedTensorType(let tensor, let type):
      "tensor '\(tensor)' is stored as \(type); read are F32, F16, BF16, Q8_0, Q4_1 and Q4_0: "
        + "quantise the model to one of these"
    case .misplaced(let tensor, let expected, let found):
      "tensor '\(tensor)' lies at \(found) and must lie at \(expected); convert the model again"
    case .truncated(let expected, let found):
      "the file has \(found) bytes of \(expected); download it again"
    case .trailingBytes(let expected, let found):
      "the file has \(found) bytes, \(found - expected) more than its tensors; download it again"
    case .missingKey(let key): "the key '\(key)' is missing or of the wrong type"
    case .unsupported(let key, let value): "'\(key)' is \(value), which is not supported"
    case .tokenizer(let error): "\(error)"
    }
  }
}
