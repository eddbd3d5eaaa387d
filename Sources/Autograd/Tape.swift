public import TensorKernels

/// The record of one computation, from which gradients are read backwards.
///
/// A node is one layer-sized operation with a fused kernel for its value and one for its
/// derivative. Buffers come from a pool and return to it at ``reset()``. A tape belongs to one
/// thread; ``SharedTape`` takes one to another.
public final class Tape<Scalar: TensorScalar> {
  /// Turns the gradient of a node's value into gradients of what it was computed from; it may give
  /// that buffer away, since nobody reads it afterwards.
  typealias Derivative = (_ tape: Tape<Scalar>, _ outputGradient: inout [Scalar]) -> Void

  private struct Node {
    var shape: Shape
    var isPooled: Bool
    var requiresGradient: Bool
    var derivative: Derivative?
  }

  /// Whether operations keep what a backward pass needs.
  public let recordsGradients: Bool
  private var nodes: [Node] = []
  private var values: [[Scalar]] = []
  private var gradients: [[Scalar]] = []
  private var kept: [[Scalar]] = []
  private var isDifferentiated = false
  private var pool = BufferPool<Scalar>()
  private var rotaryTables: [RotaryTable<Scalar>] = []

  /// An empty tape; without gradients it serves inference and keeps less.
  public init(recordsGradients: Bool = true) { self.recordsGradients = recordsGradients }

  /// The buffers made so far; steps of equal size after the first make none.
  public var bufferAllocations: Int { pool.allocations }

  /// Bytes of all buffers made so far, in use or waiting for it.
  public var bufferBytes: Int { pool.capacity * MemoryLayout<Scalar>.stride }

  /// The number of tensors since the last reset.
  public var count: Int { nodes.count }

  /// A tensor through which no gradient flows.
  public func constant(_ values: [Scalar], shape: Shape) -> Tensor<Scalar> {
    leaf(values, shape: shape, requiresGradient: false)
  }

  /// An n×1 tensor through which no gradient flows.
  public func column(_ values: [Scalar]) -> Tensor<Scalar> {
    constant(values, shape: Shape(rows: values.count, columns: 1))
  }

  /// A tensor whose gradient is wanted; it shares the array's storage until ``reset()``.
  public func parameter(_ values: [Scalar], shape: Shape) -> Tensor<Scalar> {
    leaf(values, shape: shape, requiresGradient: recordsGradients)
  }

  private func leaf(_ values: [Scalar], shape: Shape, requiresGradient: Bool) -> Tensor<Scalar> {
    precondition(values.count == shape.count, "\(values.count) values for \(shape)")
    let node = Node(shape: shape, isPooled: false, requiresGradient: requiresGradient)
    return append(node, value: values)
  }

  private func append(_ node: Node, value: [Scalar]) -> Tensor<Scalar> {
    nodes.append(node)
    values.append(value)
    gradients.append([])
    return Tensor(tape: self, index: nodes.count - 1, shape: node.shape)
  }

  /// Records one operation: computes its value at once and keeps its derivative for later.
  func record(
    _ shape: Shape, from inputs: [Tensor<Scalar>],
    forward: (inout MutableSpan<Scalar>) -> Void, derivative: @escaping Derivative
  ) -> Tensor<Scalar> {
    for input in inputs {
      precondition(input.tape === self, "tensors of different tapes in one operation")
      precondition(input.index < nodes.count, "a tensor from before the tape's reset")
    }
    var buffer = pool.take(shape.count)
    var span = buffer.mutableSpan
    forward(&span)
    let requiresGradient = inputs.contains { nodes[$0.index].requiresGradient }
    let node = Node(
      shape: shape, isPooled: true, requiresGradient: requiresGradient,
      derivative: requiresGradient ? derivative : nil)
    return append(node, value: buffer)
  }

  /// Computes the gradient of a 1×1 loss for everything that it depends on.
  ///
  /// Derivatives reuse what was kept for them, so a recording can be differentiated once.
  public func backward(from loss: Tensor<Scalar>) {
    precondition(loss.tape === self && loss.shape == .scalar, "a loss of \(loss.shape)")
    precondition(!isDifferentiated, "a second backward pass over one recording")
    isDifferentiated = true
    guard requiresGradient(loss.operand) else { return }
    accumulate(into: loss.operand) { TensorKernels.accumulate(constant: 1, into: &$0) }
    for index in stride(from: loss.index, through: 0, by: -1) where !gradients[index].isEmpty {
      guard let derivative = nodes[index].derivative else { continue }
      var gradient = take(&gradients[index])
      derivative(self, &gradient)
      pool.giveBack(gradient)
    }
  }

  /// The gradient of a tensor after ``backward(from:)``; zeros where the loss does not depend on
  /// it, and for intermediate results, whose gradients are used up on the way.
  public func gradient(of tensor: Tensor<Scalar>) -> [Scalar] {
    let gradient = gradients[tensor.index]
    guard gradient.isEmpty else { return copied(gradient) }
    return [Scalar](repeating: 0, count: tensor.shape.count)
  }

  /// The gradient of a tensor, moved off the tape; ``recycleBuffers(of:)`` takes the buffer back.
  func takeGradient(of tensor: Tensor<Scalar>) -> [Scalar] {
    let gradient = take(&gradients[tensor.index])
    guard gradient.isEmpty else { return gradient }
    return [Scalar](repeating: 0, count: tensor.shape.count)
  }

  /// Takes the buffers of a gradient back that nobody reads any more.
  public func recycleBuffers(of gradient: consuming Gradient<Scalar>) {
    while let buffer = gradient.values.popLast() { pool.giveBack(buffer) }
  }

  /// Room for so many values, which are undefined; ``recycleBuffers(of:)`` takes it back as part of
  /// a gradient.
  public func spareBuffer(count: Int) -> [Scalar] { pool.take(count) }

  /// Forgets every tensor; buffers return to the pool, shared arrays to their owners.
  public func reset() {
    for index in nodes.indices {
      if nodes[index].isPooled { pool.giveBack(take(&values[index])) }
      pool.giveBack(take(&gradients[index]))
    }
    while let buffer = kept.popLast() { pool.giveBack(buffer) }
    isDifferentiated = false
    nodes.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    gradients.removeAll(keepingCapacity: true)
  }

  private func take(_ buffer: inout [Scalar]) -> [Scalar] {
    var taken: [Scalar] = []
    swap(&taken, &buffer)
    return taken
  }
}

extension Tape {
  /// The values of a tensor; a reference, not a copy.
  func value(of operand: Operand) -> [Scalar] { values[operand.index] }

  /// Whether derivatives must be computed for this tensor.
  func requiresGradient(_ operand: Operand) -> Bool { nodes[operand.index].requiresGradient }

  /// Lets a kernel add to the gradient of a tensor; does nothing if none is wanted.
  func accumulate(into operand: Operand, _ kernel: (inout MutableSpan<Scalar>) -> Void) {
    place(into: operand) { gradient, accumulation in
      if accumulation == .assigned { fill(0, into: &gradient) }
      kernel(&gradient)
    }
  }

  /// Lets a kernel add to the gradient of a tensor, or write the first one; does nothing if none is
  /// wanted.
  ///
  /// The kernel is told to assign where there was no gradient before: the values that it finds then
  /// mean nothing.
  func place(
    into operand: Operand,
    _ kernel: (_ gradient: inout MutableSpan<Scalar>, _ accumulation: Accumulation) -> Void
  ) {
    guard requiresGradient(operand) else { return }
    var gradient = take(&gradients[operand.index])
    let isFirst = gradient.isEmpty
    if isFirst { gradient = pool.take(operand.shape.count) }
    var span = gradient.mutableSpan
    kernel(&span, isFirst ? .assigned : .added)
    gradients[operand.index] = gradient
  }

  /// Adds a gradient that is not needed any more to that of a tensor; moves it if it is the first.
  func give(_ gradient: inout [Scalar], to operand: Operand) {
    guard requiresGradient(operand) else { return }
    guard !gradients[operand.index].isEmpty else {
      gradients[operand.index] = take(&gradient)
      return
    }
    let given = gradient
    accumulate(into: operand) { TensorKernels.accumulate(given.span, into: &$0) }
  }

  /// Keeps a pooled buffer until ``reset()`` for what a derivative needs again; returns its number.
  func keep(_ count: Int) -> Int {
    kept.append(pool.take(count))
    return kept.count - 1
  }

  /// The values of a kept buffer; a reference, not a copy.
  func kept(_ number: Int) -> [Scalar] { kept[number] }

  /// Lets a kernel read and write a kept buffer.
  func withKept(_ number: Int, _ body: (inout [Scalar]) -> Void) {
    var buffer = take(&kept[number])
    body(&buffer)
    kept[number] = buffer
  }

  /// The table of rotations for so many positions, made once for each head width and base.
  func rotaryTable(positions: Int, headDimension: Int, base: Double) -> RotaryTable<Scalar> {
    let found = rotaryTables.firstIndex { $0.headDimension == headDimension && $0.base == base }
    if let found, rotaryTables[found].positions >= positions { return rotaryTables[found] }
    let table = RotaryTable<Scalar>(
      positions: max(64, positions * 2), headDimension: headDimension, base: base)
    if let found { rotaryTables[found] = table } else { rotaryTables.append(table) }
    return table
  }
}
