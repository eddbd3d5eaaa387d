public import Autograd
public import TensorKernels

/// The largest difference between a gradient and central differences, relative to the gradient's
/// scale.
///
///     error = max |∂L/∂xᵢ − (L(x + h·eᵢ) − L(x − h·eᵢ)) / 2h| / max(1, max |∂L/∂x|)
///
/// - Parameters:
///   - parameters: where the gradient is taken; every value of every matrix is moved.
///   - step: the width h of the differences.
///   - loss: records a 1×1 loss from the parameters.
/// - Returns: the error; below 10⁻⁷ for a right derivative of order one.
public func gradientCheckError(
  _ parameters: ParameterSet<Double>, step: Double = 1e-5,
  loss: (RecordedParameters<Double>, Tape<Double>) -> Tensor<Double>
) -> Double {
  let tape = Tape<Double>()
  let recorded = tape.record(parameters)
  tape.backward(from: loss(recorded, tape))
  let gradient = recorded.gradient()
  var (largestError, scale) = (0.0, 1.0)
  var moved = parameters
  func lossAtMoved() -> Double {
    let tape = Tape<Double>()
    return loss(tape.record(moved), tape).item
  }
  for p in parameters.values.indices {
    for i in parameters.values[p].indices {
      let value = parameters.values[p][i]
      moved.values[p][i] = value + step
      let above = lossAtMoved()
      moved.values[p][i] = value - step
      let below = lossAtMoved()
      moved.values[p][i] = value
      let error = abs(gradient.values[p][i] - (above - below) / (2 * step))
      // NaN must not pass: it compares false with everything.
      largestError = error.isNaN ? .infinity : max(largestError, error)
      scale = max(scale, abs(gradient.values[p][i]))
    }
  }
  return largestError / scale
}
