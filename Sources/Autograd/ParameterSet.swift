public import TensorKernels

/// Named matrices in a fixed order: the trainable state of a model.
public struct ParameterSet<Scalar: TensorScalar>: Sendable {
  /// The names, in the order of `shapes` and `values`.
  public private(set) var names: [String] = []
  /// The sizes of the matrices.
  public private(set) var shapes: [Shape] = []
  /// The values of every matrix, row by row.
  public var values: [[Scalar]] = []
  fileprivate private(set) var positions: [String: Int] = [:]

  /// A set without parameters.
  public init() {}

  /// Adds a matrix at the end.
  public mutating func append(_ name: String, shape: Shape, values: [Scalar]) {
    precondition(values.count == shape.count, "\(name): \(values.count) values for \(shape)")
    precondition(positions[name] == nil, "two parameters named \(name)")
    positions[name] = names.count
    names.append(name)
    shapes.append(shape)
    self.values.append(values)
  }

  /// The values of one matrix.
  public subscript(name: String) -> [Scalar] {
    get { values[position(of: name)] }
    set {
      let position = position(of: name)
      precondition(
        newValue.count == shapes[position].count,
        "\(name): \(newValue.count) values for \(shapes[position])")
      values[position] = newValue
    }
  }

  /// The size of one matrix.
  public func shape(of name: String) -> Shape { shapes[position(of: name)] }

  /// Whether there is a matrix of this name.
  public func contains(_ name: String) -> Bool { positions[name] != nil }

  /// The number of trainable values in all matrices.
  public var scalarCount: Int { shapes.reduce(0) { $0 + $1.count } }

  /// The same parameters in another precision.
  public func converted<Other: TensorScalar>(to: Other.Type) -> ParameterSet<Other> {
    var result = ParameterSet<Other>()
    for (position, name) in names.enumerated() {
      result.append(
        name, shape: shapes[position], values: TensorKernels.converted(values[position]))
    }
    return result
  }

  private func position(of name: String) -> Int {
    guard let position = positions[name] else {
      preconditionFailure("no parameter \(name) among \(names)")
    }
    return position
  }
}

/// The parameters of a model as leaves of one tape.
public struct RecordedParameters<Scalar: TensorScalar> {
  private let tensors: [Tensor<Scalar>]
  private let positions: [String: Int]
  /// The tape that holds the leaves.
  public let tape: Tape<Scalar>

  fileprivate init(_ parameters: ParameterSet<Scalar>, on tape: Tape<Scalar>) {
    self.tape = tape
    tensors = parameters.names.indices.map {
      tape.parameter(parameters.values[$0], shape: parameters.shapes[$0])
    }
    positions = parameters.positions
  }

  /// The leaf of one parameter.
  public subscript(name: String) -> Tensor<Scalar> {
    guard let position = positions[name] else { preconditionFailure("no parameter \(name)") }
    return tensors[position]
  }

  /// The gradient of the loss after the backward pass, in the order of the parameters; zeros where
  /// the loss does not depend on one.
  public func gradient() -> Gradient<Scalar> {
    Gradient(values: tensors.map { tape.gradient(of: $0) })
  }

  /// The gradient as ``gradient()`` has it, moved off the tape instead of copied; the tape may have
  /// the buffers back by ``Tape/recycleBuffers(of:)`` when they are read.
  public func takeGradient() -> Gradient<Scalar> {
    Gradient(values: tensors.map { tape.takeGradient(of: $0) })
  }
}

extension Tape {
  /// Puts every parameter on the tape; the arrays are shared, not copied.
  public func record(_ parameters: ParameterSet<Scalar>) -> RecordedParameters<Scalar> {
    RecordedParameters(parameters, on: self)
  }
}
