/// The rule of llama2.c's model files that a file breaks.
public enum Llama2CError: Error, Equatable, CustomStringConvertible {
  /// Fewer than the seven numbers of the header.
  case headerCutOff(bytes: Int)
  /// A file of a later version of the format, which begins with `ak42`.
  case laterVersion(Int)
  /// Sizes that no model has.
  case impossible(ModelError)
  /// A size that is not the width of all heads together.
  case unevenHeads(width: Int, heads: Int)
  /// Sizes whose product is no number of bytes.
  case overflow
  /// Another number of bytes than the header's sizes call for.
  case wrongLength(expected: Int, found: Int)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .headerCutOff(let bytes): "\(bytes) bytes are too few for the header's seven numbers"
    case .laterVersion(let version):
      "llama2.c's version \(version) is not read; export the model with --version 0"
    case .impossible(let error): "\(error)"
    case .unevenHeads(let width, let heads): "\(heads) heads do not divide a width of \(width)"
    case .overflow: "its sizes call for more bytes than there can be"
    case .wrongLength(let expected, let found):
      "its sizes call for \(expected) bytes and the file has \(found); download it again"
    }
  }
}
